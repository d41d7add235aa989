"""What a mail is told: texts, and days, moments, numbers, sizes and prices as what they are.

A row keeps them so, since its mail is written later, in the language and on the clock of its reader. A text stays as it
was noted: mails that an earlier version noted, with their days as texts, go out as they are.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.languages import day_in_full, moment_in_full, money_in_words, number_in_words, size_in_words


@dataclass(frozen=True)
class Money:
    """A price, in millionths of its currency."""

    millionths: int
    currency: str


@dataclass(frozen=True)
class Size:
    """A size in bytes."""

    n_bytes: int


class Number(int):
    """A number that sentences count, and that is written with its thousands set apart."""

    def __str__(self) -> str:
        return number_in_words(int(self))


def keep(word: Any) -> Any:
    """Return a word as JSON that `write` knows again."""
    if isinstance(word, Mapping):
        return {name: keep(value) for name, value in word.items()}
    if isinstance(word, list | tuple):
        return [keep(value) for value in word]
    return _mark(word)


def _mark(word: Any) -> Any:
    match word:
        case dt.datetime():
            return {"$moment": word.isoformat()}
        case dt.date():
            return {"$day": word.isoformat()}
        case Money(millionths, currency):
            return {"$money": [millionths, currency]}
        case Size(n_bytes):
            return {"$size": n_bytes}
    return word


def write(kept: Any, zone: ZoneInfo) -> Any:
    """Return a kept word as it stands in a mail, in the language that is spoken now."""
    if isinstance(kept, list):
        return [write(value, zone) for value in kept]
    if isinstance(kept, dict) and not any(name.startswith("$") for name in kept):
        return {name: write(value, zone) for name, value in kept.items()}
    return _say(kept, zone)


def _say(kept: Any, zone: ZoneInfo) -> Any:
    match kept:
        case {"$moment": text}:
            return moment_in_full(dt.datetime.fromisoformat(text), zone)
        case {"$day": text}:
            return day_in_full(dt.date.fromisoformat(text))
        case {"$money": [millionths, currency]}:
            return money_in_words(millionths, currency)
        case {"$size": n_bytes}:
            return size_in_words(n_bytes)
    return Number(kept) if isinstance(kept, int) and not isinstance(kept, bool) else kept
