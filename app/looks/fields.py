"""The kinds of value that a look is made of: each reads one text strictly, and says in a sentence what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.accounts.addresses import AddressError, normalize
from app.languages import gettext as _
from app.values import whole_number

Read = Callable[[str], Any]

_HEX = re.compile(r"#[0-9a-f]{6}")
_PATTERN = re.compile(r"/[^\s?#]{0,199}")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-3]|24):([0-5]\d)")
MAX_ADDRESS_CHARS = 500
MAX_STARS = 5  # of one pattern: more of them are slow to match
MAX_LINES_OF_PATHS = 20


@dataclass(frozen=True)
class Field:
    """One value of a look. `read` takes what was typed, stripped and not empty; empty means `default`."""

    name: str
    label: str
    read: Read
    default: Any = ""
    note: str = ""
    control: str = "text"
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    """Fields that stand together on a screen."""

    title: str
    fields: tuple[Field, ...]
    lead: str = ""


def read(sections: tuple[Section, ...], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of what was typed, and name -> sentence for what can't be used (its value is the default)."""
    values, wrong = dict[str, Any](), dict[str, str]()
    for field in (field for section in sections for field in section.fields):
        typed = given.get(field.name)
        text = typed.replace("\0", "").strip() if isinstance(typed, str) else ""
        try:
            values[field.name] = field.read(text) if text else field.default
        except ValueError as error:
            values[field.name], wrong[field.name] = field.default, str(error)
    return values, wrong


def write(sections: tuple[Section, ...], values: Mapping[str, Any]) -> dict[str, str]:
    """Return values as they are typed."""
    fields = (field for section in sections for field in section.fields)
    return {field.name: _typed(values.get(field.name, field.default)) for field in fields}


def labels(sections: tuple[Section, ...]) -> dict[str, str]:
    return {field.name: field.label for section in sections for field in section.fields}


def _typed(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(value)
    if isinstance(value, bool):
        return "1" if value else ""
    return str(value)


def color(text: str) -> str:
    if not _HEX.fullmatch(text.lower()):
        raise ValueError(_("Use a color such as #3b5bdb."))
    return text.lower()


def short(limit: int) -> Read:
    def read_text(text: str) -> str:
        line = " ".join(text.split())
        if len(line) > limit:
            raise ValueError(_("Use at most %(limit)s characters.", limit=limit))
        return line

    return read_text


def long(limit: int) -> Read:
    def read_text(text: str) -> str:
        if len(text) > limit:
            raise ValueError(_("Use at most %(limit)s characters.", limit=limit))
        return text.replace("\r\n", "\n")

    return read_text


def lines(most: int, limit: int) -> Read:
    def read_lines(text: str) -> list[str]:
        found = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        if len(found) > most or any(len(line) > limit for line in found):
            raise ValueError(_("Use at most %(most)s lines of %(limit)s characters each.", most=most, limit=limit))
        return found

    return read_lines


def whole(least: int, most: int) -> Read:
    def read_number(text: str) -> int:
        number = whole_number(text, least, most)
        if number is None:
            raise ValueError(_("Use a whole number from %(least)s to %(most)s.", least=least, most=most))
        return number

    return read_number


def one_of(choices: tuple[tuple[str, str], ...]) -> Read:
    def read_choice(text: str) -> str:
        if text not in dict(choices):
            raise ValueError(_("Choose one of these."))
        return text

    return read_choice


def paths(text: str) -> list[str]:
    found = [line.strip() for line in text.splitlines() if line.strip()]
    usable = all(_PATTERN.fullmatch(line) and line.count("*") <= MAX_STARS for line in found)
    if not usable or len(found) > MAX_LINES_OF_PATHS:
        raise ValueError(_("Use one path in a line, such as /shop/*; at most 20 lines, and 5 stars in each."))
    return found


def web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        usable = False
    if not usable or len(text) > MAX_ADDRESS_CHARS:
        raise ValueError(_("Use an address such as https://www.example.com/privacy."))
    return text


def mail_address(text: str) -> str:
    try:
        return normalize(text)
    except AddressError as error:
        raise ValueError(_("Use an e-mail address, such as help@example.com.")) from error


def time_span(text: str) -> str:
    match = _SPAN.fullmatch(text)
    if not match or f"{match[1]}:{match[2]}" >= f"{match[3]}:{match[4]}" or f"{match[3]}:{match[4]}" > "24:00":
        raise ValueError(_("Use two times, the earlier one first, such as 09:00-17:00."))
    return f"{match[1]}:{match[2]}-{match[3]}:{match[4]}"


def switch(text: str) -> bool:
    return text in ("1", "on", "y", "true")
