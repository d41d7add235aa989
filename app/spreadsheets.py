"""Rows as CSV (RFC 4180) that spreadsheets open as it is meant: in UTF-8, and without a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, CSV Injection
_MARK = "\ufeff"  # by which spreadsheets know UTF-8


def to_csv(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield a line for each row; what a spreadsheet would take for a formula begins with an apostrophe."""
    mark = _MARK
    for cells in rows:
        yield mark + _line(cells)
        mark = ""


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    safe = (f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)
    csv.writer(out, quoting=csv.QUOTE_ALL).writerow(safe)
    return out.getvalue()
