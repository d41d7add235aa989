"""The languages of screens and mails. English stands in the code; what it is called elsewhere, in `app/translations`.

    from app.languages import gettext as _, lazy_gettext as _l, ngettext

What is said about a request is said with `_` and `ngettext`; what is made when a module is loaded (labels, tables of
words) with `_l`, which is translated when it is written.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import flask_appbuilder
import flask_babel
from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import current_app
from flask_babel.speaklater import LazyString

SHIPPED = {"en": "English", "de": "Deutsch"}
FOLDER = Path(__file__).parent / "translations"
_OF_FAB = Path(flask_appbuilder.__file__).parent / "translations"  # what its own forms and validators say


def gettext(message: str, **words: object) -> str:
    """Return a sentence in the language of whoever reads it, with its `%(name)s` filled in."""
    said: str = flask_babel.gettext(message, **words)
    return said


def ngettext(one: str, many: str, num: int, **words: object) -> str:
    """Return the sentence that goes with a number, which it holds as `%(num)s`."""
    said: str = flask_babel.ngettext(one, many, num, **words)
    return said


def lazy_gettext(message: str) -> str:
    """Return what becomes a sentence when it is written. It takes no words: templates would not escape them."""
    said: str = flask_babel.lazy_gettext(message)
    return said


def lazily(make: Callable[[str], str], text: str) -> str:
    """Return what `make` makes of a text when it is written."""
    said: str = LazyString(make, text)
    return said


def present() -> str:
    """Return the language that is spoken now; English outside of the application."""
    return str(flask_babel.get_locale() or "en")


def speaking(language: str) -> AbstractContextManager[object]:
    """Speak another language while a `with` lasts."""
    forced: AbstractContextManager[object] = flask_babel.force_locale(language if language in SHIPPED else default())
    return forced


def default() -> str:
    """Return the language of the installation, for those of whom nothing is known."""
    found: str = current_app.config["BABEL_DEFAULT_LOCALE"]
    return found


def inside_sentence(label: str) -> str:
    """Return a label as it stands inside a sentence: English writes it small there, German keeps its nouns."""
    return str(label).lower() if present() == "en" else str(label)


def day_in_words(day: dt.date, language: str = "") -> str:
    """Return a day as people write it: "25 Nov 2026"."""
    locale = language or present()
    return format_skeleton("yMMMd", day, locale="en_GB" if locale == "en" else locale)


def day_in_full(moment: dt.date) -> str:
    """Return a day with the whole name of its month: "25 November 2026"."""
    locale = present()
    return format_date(moment, "long", locale="en_GB" if locale == "en" else locale)


def path_of(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read_catalog(language: str) -> NullTranslations:
    """Return what sentences are called in a language: ours, and what we don't say, as FAB says it."""
    path = path_of(language)
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    catalog = Translations(compiled)
    catalog.add_fallback(Translations.load(_OF_FAB, [language]))
    return catalog


class Catalogs(flask_babel.Domain):
    """Catalogs straight from their text files, read once by each process: nothing is compiled, nothing gets stale."""

    def get_translations(self) -> Any:
        language = str(flask_babel.get_locale() or Locale("en"))
        if language not in self.cache:
            self.cache[language] = read_catalog(language)
        return self.cache[language]
