"""The languages of screens and mails. English stands in the code; what it is called elsewhere, in `app/translations`.

    from app.languages import gettext as _, lazy_gettext as _l, ngettext

What is said about a request is said with `_` and `ngettext`; what is made when a module is loaded (labels, tables of
words) with `_l`, which is translated when it is written.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import flask_appbuilder
import flask_babel
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, get_currency_precision
from babel.support import NullTranslations, Translations
from flask import current_app
from flask_babel.speaklater import LazyString

SHIPPED = {"en": "English", "de": "Deutsch"}
FOLDER = Path(__file__).parent / "translations"
_SAID = {"address", "advice", "error", "happened", "hint", "why"}  # placeholders that hold sentences themselves
_WORD = re.compile(r"%\((\w+)\)s")
MAX_RETOLD = 500  # so much is said by nobody but people and their websites, and would be looked through for seconds
MIN_FIXED = 8  # letters of a message without its words, or it would be seen in everything
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


def in_english(message: str, **words: object) -> str:
    """Return a sentence as a row keeps it, whoever caused it: `retold` says it in the language of its reader."""
    return message % words if words else message


def retold(text: str) -> str:
    """Return what was said `in_english` in the language of whoever reads it; what nobody says stays as it is."""
    if len(text) > MAX_RETOLD:
        return text
    known = _recognize(text, present()) if text and present() != "en" else None
    if known is not None:
        message, words = known
        return gettext(message, **{name: retold(word) if name in _SAID else word for name, word in words.items()})
    first, end, rest = text.partition(". ")
    return f"{retold(first + '.')} {retold(rest)}" if end else text


def lazily(make: Callable[[Any], str], what: Any) -> str:
    """Return what `make` makes of something when it is written."""
    said: str = LazyString(make, what)
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


def moment_in_full(moment: dt.datetime, zone: dt.tzinfo) -> str:
    """Return a moment on somebody's clock: "25 November 2026, 16:13 CET"."""
    local = moment.astimezone(zone)
    return f"{day_in_full(local)}, {format_time(local, 'HH:mm z', tzinfo=zone, locale=present())}"


def number_in_words(number: float) -> str:
    """Return a number with its thousands set apart: "12,345"."""
    return format_decimal(number, locale=present())


def amount_of(minor_units: int, currency: str) -> Decimal:
    """Return an amount of the smallest unit of a currency, a cent of EUR or a whole JPY, in the currency itself."""
    return Decimal(minor_units).scaleb(-get_currency_precision(currency))


def in_millionths(minor_units: int, currency: str) -> int:
    return int(amount_of(minor_units, currency) * 1_000_000)


def amount_in_words(minor_units: int, currency: str) -> str:
    """Return an amount in its currency's own decimals: "149.00" of EUR, "1,900" of JPY."""
    pattern = _money_pattern(get_currency_precision(currency))
    return format_decimal(amount_of(minor_units, currency), pattern, locale=present())


def millionths_in_words(millionths: int, currency: str) -> str:
    """Return an amount in its currency's decimals at least, and so many as there are: "149.00", "0.0032"."""
    pattern = _money_pattern(get_currency_precision(currency), 6)
    return format_decimal(Decimal(millionths).scaleb(-6), pattern, locale=present())


def money_in_words(millionths: int, currency: str) -> str:
    return f"{millionths_in_words(millionths, currency)} {currency}"


def _money_pattern(least: int, most: int = 0) -> str:
    digits = "0" * least + "#" * (most - least)
    return f"#,##0.{digits}" if digits else "#,##0"


def size_in_words(n_bytes: int) -> str:
    """Return a size in its three leading digits: "100 MB", "10 GB"."""
    for unit, size in (("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000)):
        if n_bytes >= size:
            return f"{format_decimal(n_bytes / size, '@##', locale=present())} {unit}"
    return gettext("%(n)s bytes", n=n_bytes)


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


@lru_cache(maxsize=4096)
def _recognize(text: str, language: str) -> tuple[str, dict[str, str]] | None:
    """Return the message that a text was made from, and the words that were filled in."""
    messages, patterns = _recognizable(language)
    if text in messages:
        return text, {}
    found = ((message, pattern.fullmatch(text)) for message, pattern in patterns)
    return next(((message, match.groupdict()) for message, match in found if match), None)


@lru_cache
def _recognizable(language: str) -> tuple[set[str], list[tuple[str, re.Pattern[str]]]]:
    """Return all messages, and for those with words how they read; those that say more themselves come first."""
    with path_of(language).open("rb") as file:
        messages = {message.id for message in read_po(file) if isinstance(message.id, str)}
    fixed = {message: len(_WORD.sub("", message)) for message in messages if _WORD.search(message)}
    telling = sorted((message for message, n in fixed.items() if n > MIN_FIXED), key=lambda m: (-fixed[m], m))
    return messages, [(message, _pattern_of(message)) for message in telling]


def _pattern_of(message: str) -> re.Pattern[str]:
    """Return how a message reads with its words: none of them goes beyond a sentence, unless it holds sentences."""
    pattern, named = "", set[str]()
    for index, part in enumerate(_WORD.split(message)):
        if index % 2 == 0:
            pattern += re.escape(part.replace("%%", "%"))
            continue
        some = r"[\s\S]+?" if part in _SAID else r"(?:(?!\. )[\s\S])+?"
        pattern += f"(?P={part})" if part in named else f"(?P<{part}>{some})"
        named.add(part)
    return re.compile(pattern)


class Catalogs(flask_babel.Domain):
    """Catalogs straight from their text files, read once by each process: nothing is compiled, nothing gets stale."""

    def get_translations(self) -> Any:
        language = str(flask_babel.get_locale() or Locale("en"))
        if language not in self.cache:
            self.cache[language] = read_catalog(language)
        return self.cache[language]
