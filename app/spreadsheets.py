"""Rows as CSV (RFC 4180) that spreadsheets open as it is meant: in UTF-8, and without a formula.

A text that could begin a formula gets an apostrophe in front: at its start, and after a separator, quote or line break
too, where a program that was told another separator begins a new cell. `unguard` gives the text back, always:

    one apostrophe goes in front of each formula character (and the apostrophes before it) at such a place
    one apostrophe is taken away from those in front of each formula character at such a place
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

MARK = "\ufeff"  # by which spreadsheets know UTF-8
Cell = str | int | float | None

_FORMULA = r"[=+\-@\t\r＝＋－＠]"  # OWASP, CSV Injection; the last four are the same signs in full width
_SEPARATOR = r"[,;|\"\t\r\n]"
_STARTS = re.compile(f"'*{_FORMULA}")
_CONTINUES = re.compile(f"{_SEPARATOR}'*{_FORMULA}")  # asked first: most texts hold neither
_PLACE = re.compile(f"(?:^|(?<={_SEPARATOR}))(?='*{_FORMULA})")
_GUARD = re.compile(f"(?:^|(?<={_SEPARATOR}))'(?='*{_FORMULA})")


def guard(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return _PLACE.sub("'", text) if _STARTS.match(text) or _CONTINUES.search(text) else text


def guard_column(cells: Sequence[Cell]) -> Sequence[Cell]:
    """Return cells guarded; where none needs it, which one look at all of them tells, they are returned as they are."""
    if _CONTINUES.search("\n" + "\n".join(map(str, cells))) is None:
        return cells
    return [guard(cell) if isinstance(cell, str) else cell for cell in cells]


def unguard(text: str) -> str:
    """Return the text that `guard` was given."""
    return _GUARD.sub("", text)


def to_csv(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a line for each row, the mark of UTF-8 in front of the first."""
    mark = MARK
    for row in rows:
        yield mark + to_lines([row])
        mark = ""


def to_lines(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as lines of CSV. Numbers are no text, and stay as they are."""
    return write_lines([guard(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)


def write_lines(guarded: Iterable[Sequence[Cell]]) -> str:
    """Return rows as lines of CSV whose cells are guarded already."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(guarded)
    return out.getvalue()
