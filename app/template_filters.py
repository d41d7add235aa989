"""What templates may call: moments and sizes in words, and where the version and the member stand."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any, Literal

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from jinja2 import pass_context
from jinja2.runtime import Context

from app import workplace
from app.caller import standing
from app.languages import day_in_full, in_millionths, money_in_words, number_in_words, present, retold
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.version import VERSION
from app.wording import browser, file_format, title_of, titled, warned, website, word, words
from models.base import now

_JUST_NOW_S = 10
_KILO = 1000
_Unit = Literal["second", "minute", "hour", "day", "month", "year"]
_STEPS: tuple[tuple[int, _Unit], ...] = (
    (60, "second"), (60, "minute"), (24, "hour"), (30, "day"), (12, "month"), (1_000_000, "year"),
)  # fmt: skip
_PLACES = {"page": _l("page"), "slide": _l("slide"), "sheet": _l("sheet"), "row": _l("row")}


def ago(moment: dt.datetime | None) -> str:
    """Return a moment in words: "3 hours ago", or "in 3 hours" where it is yet to come."""
    if moment is None:
        return _("never")
    seconds = round((now() - moment).total_seconds())
    if abs(seconds) < _JUST_NOW_S:
        return _("just now")
    return _span(abs(seconds), -1 if seconds > 0 else 1, add_direction=True)


def length_in_words(amount: float) -> str:
    """Return how long so many seconds are, in the largest whole unit: "3 hours"."""
    return _span(round(amount))


def _span(amount: int, direction: int = 1, *, add_direction: bool = False) -> str:
    length = 1
    unit: _Unit = "second"
    for size, name in _STEPS:
        unit = name
        if amount < length * size:
            break
        length *= size
    whole = amount // length * length * direction
    return format_timedelta(
        dt.timedelta(seconds=whole), granularity=unit, threshold=math.inf, add_direction=add_direction, locale=present()
    )


def size_in_words(n_bytes: int | None) -> str:
    """Return a size in words: "3.4 MB"."""
    amount = float(n_bytes or 0)
    for unit in (_("bytes"), "KB", "MB", "GB"):
        if amount < _KILO or unit == "GB":
            return f"{format_decimal(round(amount, 1), '0.#', locale=present())} {unit}"
        amount /= _KILO
    return ""


def locator_in_words(locator: dict[str, Any]) -> str:
    """Return where in a document something stands: "page 3", "slide 2", a heading path, "sheet Prices, row 7"."""
    parts = [f"{word} {locator[kind]}" for kind, word in _PLACES.items() if locator.get(kind)]
    if locator.get("ocr"):
        parts.append(_("read from a picture"))
    if not parts and locator.get("heading"):
        parts = [str(locator["heading"])]
    if not parts and locator.get("line"):
        parts = [_("line %(line)s", line=locator["line"])]
    return ", ".join(parts)


def money(minor_units: int, currency: str) -> str:
    return money_in_words(in_millionths(minor_units, currency), currency)


def when_written(**filters: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return filters that are asked each time a page is written.

    Of constants (`{{ "verified" | badge }}`) Jinja works out a filter once, when it compiles the template, unless the
    filter takes the context: everybody would read the language of whoever came first.
    """
    return {name: _with_context(make) for name, make in filters.items()}


def _with_context(make: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def written(_context: Context, *values: Any, **named: Any) -> Any:
        return make(*values, **named)

    return written


def install(app: Flask) -> None:
    app.jinja_env.filters.update(when_written(
        ago=ago, day=day_in_full, length_in_words=length_in_words, size=size_in_words, number=number_in_words,
        locator=locator_in_words, money=money, word=word, words=words, browser=browser,
        retold=retold, title_of=title_of, titled=titled, file_format=file_format, warned=warned, website=website,
    ))  # fmt: skip
    app.jinja_env.globals.update(standing=standing, workplace=workplace, docent_version=VERSION)
