"""The formats of an export: each makes bytes of batches of rows as they come, and holds one batch at a time.

The last row or line of CSV and JSONL says how many came before it: what does not end with it was cut off on its way.
A workbook that was cut off opens nowhere: the list of its parts stands at its end.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from app.exports.columns import Column
from app.languages import lazy_gettext as _l
from app.spreadsheets import MARK, Cell, guard_column, to_lines, write_lines

Batches = Iterable[Sequence[Sequence[Any]]]  # rows with a value for each column
END = "end of export, rows:"
MAX_CELL = 32_767  # characters, as UTF-16 counts them: what a cell of a workbook holds
MAX_ROWS = 1_048_575  # of one sheet, its head aside
_CUT = " … (cut: a cell holds no more)"
_BLOCK = 256 * 1024


@dataclass(frozen=True)
class Format:
    """A kind of file. `comes_at_once`: nothing of it can be sent before all of it is written."""

    name: str
    words: str
    mimetype: str
    write: Callable[[Sequence[Column], Batches], Generator[bytes]]
    comes_at_once: bool = False


def _write_csv(columns: Sequence[Column], batches: Batches) -> Generator[bytes]:
    n_rows = 0
    yield (MARK + to_lines([[column.name for column in columns]])).encode()
    for rows in batches:
        n_rows += len(rows)
        yield write_lines(zip(*map(guard_column, _flat(columns, rows)), strict=True)).encode()
    yield to_lines([[f"{END} {n_rows}", *[None] * (len(columns) - 1)]]).encode()


def _flat(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[Sequence[Cell]]:
    """Return rows column by column, what has parts as one text."""
    return [
        [*map(column.flatten, values)] if column.flatten else values
        for column, values in zip(columns, zip(*rows, strict=True), strict=True)
    ]


def _write_jsonl(columns: Sequence[Column], batches: Batches) -> Generator[bytes]:
    names, n_rows = [column.name for column in columns], 0
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    for rows in batches:
        n_rows += len(rows)
        yield "".join(encode(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()
    yield (encode({"end": {"rows": n_rows}}) + "\n").encode()


def _write_xlsx(columns: Sequence[Column], batches: Batches) -> Generator[bytes]:
    with tempfile.TemporaryDirectory(prefix="docent-") as folder, tempfile.TemporaryFile(dir=folder) as file:
        # constant memory: each row goes to the disk as it is written, and texts stay texts, whatever they look like
        options = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False}
        with xlsxwriter.Workbook(file, options) as book:
            _fill(book, columns, batches)
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _fill(book: Any, columns: Sequence[Column], batches: Batches) -> None:
    """Write rows to as many sheets as they need."""
    bold = book.add_format({"bold": True})
    sheet, n_rows = None, 0
    for rows in batches:
        for cells in zip(*_flat(columns, rows), strict=True):
            if sheet is None or n_rows % MAX_ROWS == 0:
                sheet = _add_sheet(book, columns, bold)
            _write_row(sheet, n_rows % MAX_ROWS + 1, cells)
            n_rows += 1
    if sheet is None:
        _add_sheet(book, columns, bold)


def _add_sheet(book: Any, columns: Sequence[Column], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for number, column in enumerate(columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, column.name, bold)
    return sheet


def _write_row(sheet: Any, row: int, cells: Sequence[Cell]) -> None:
    for number, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(row, number, cell if len(cell) * 2 <= MAX_CELL else _shorten(cell))
        elif isinstance(cell, bool):
            sheet.write_boolean(row, number, cell)
        elif cell is not None:
            sheet.write_number(row, number, cell)


def _shorten(text: str) -> str:
    """Return what a cell can hold of a text, saying so where that is not all of it."""
    as_counted = text.encode("utf-16-le")
    if len(as_counted) <= 2 * MAX_CELL:
        return text
    return as_counted[: 2 * (MAX_CELL - len(_CUT))].decode("utf-16-le", "ignore") + _CUT


FORMATS = {
    made.name: made
    for made in (
        Format("csv", _l("CSV, for spreadsheets and programs"), "text/csv", _write_csv),
        Format(
            "xlsx", _l("XLSX, a workbook for Excel and LibreOffice"),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _write_xlsx, comes_at_once=True,
        ),
        Format("jsonl", _l("JSONL, an object in each line"), "application/x-ndjson", _write_jsonl),
    )
}  # fmt: skip
