"""What templates may call: moments and sizes in words, and where the version and the member stand."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask

from app.caller import standing
from models.base import now

VERSION = "0.1.0"
_STEPS = ((60, "second"), (60, "minute"), (24, "hour"), (30, "day"), (12, "month"), (1_000_000, "year"))


def ago(moment: dt.datetime | None) -> str:
    """Return a moment in words: "3 hours ago", or "in 3 hours" where it is yet to come."""
    if moment is None:
        return "never"
    seconds = round((now() - moment).total_seconds())
    amount = abs(seconds)
    if amount < 10:  # noqa: PLR2004
        return "just now"
    length = length_in_words(amount)
    return f"{length} ago" if seconds > 0 else f"in {length}"


def length_in_words(amount: float) -> str:
    """Return how long so many seconds are, in the largest whole unit: "3 hours"."""
    amount = round(amount)
    for size, name in _STEPS:
        if amount < size:
            return f"{amount} {name}{'s' if amount != 1 else ''}"
        amount //= size
    return "an age"


def size_in_words(n_bytes: int | None) -> str:
    """Return a size in words: "3.4 MB"."""
    amount = float(n_bytes or 0)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004
            return f"{amount:.1f}".removesuffix(".0") + f" {unit}"
        amount /= 1000
    return ""


def locator_in_words(locator: dict[str, Any]) -> str:
    """Return where in a document something stands: "page 3", "slide 2", a heading path, "sheet Prices, row 7"."""
    parts = [f"{word} {locator[word]}" for word in ("page", "slide", "sheet", "row") if locator.get(word)]
    if locator.get("ocr"):
        parts.append("read from a picture")
    if not parts and locator.get("heading"):
        parts = [str(locator["heading"])]
    if not parts and locator.get("line"):
        parts = [f"line {locator['line']}"]
    return ", ".join(parts)


def words(value: Any) -> str:
    """Return a state or code as words: "internal_assistant" is "Internal assistant"."""
    text = str(value).replace("_", " ")
    return text[:1].upper() + text[1:]


def money(minor_units: int, currency: str) -> str:
    return f"{minor_units / 100:,.2f} {currency}"


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        ago=ago, length_in_words=length_in_words, size=size_in_words, locator=locator_in_words, money=money, words=words
    )
    app.jinja_env.globals.update(standing=standing, docent_version=VERSION)
