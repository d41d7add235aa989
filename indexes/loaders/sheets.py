"""Spreadsheets (xlsx, xlsm, xlsb, xls, ods): a segment per row, with sheet and row as the program shows
them.
"""

import datetime as dt
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path
from typing import Any

from indexes.document import Document, Segment
from indexes.errors import LoadError
from indexes.loaders.archive import open_archive
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.csv import read_rows
from indexes.loaders.sample import OLE_MAGIC, ZIP_MAGIC, Sample

FORMAT = "xlsx"

MAX_CELLS = 20_000_000  # an area is dense in memory however few of its cells are filled
_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_WHOLE_UP_TO = 2**53  # past that a float no longer tells whole numbers apart


def accepts(sample: Sample) -> bool:
    if sample.head.startswith(OLE_MAGIC):
        return not sample.members.isdisjoint(["Workbook", "Book"])
    return sample.has_folder("xl/") or sample.media_type.startswith(_ODS)


def load(path: str | Path, name: str) -> Document:
    """Raises: LoadError: corrupt, encrypted, empty, limit."""
    import python_calamine

    with Path(path).open("rb") as file:
        is_archive = file.read(4) == ZIP_MAGIC
    if is_archive:
        open_archive(path).close()
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
    except python_calamine.PasswordError as error:
        raise LoadError("encrypted") from error
    warnings: list[str] = []
    segments = [segment for sheet in workbook.sheet_names for segment in _read_sheet(workbook, sheet, warnings)]
    return assemble(FORMAT if is_archive else "xls", name, segments, Findings(warnings=tuple(warnings)))


def _read_sheet(workbook: Any, name: str, warnings: list[str]) -> Iterator[Segment]:
    import python_calamine

    try:
        sheet = workbook.get_sheet_by_name(name)
    except python_calamine.CalamineError:
        warnings.append("damaged")
        return
    if sheet.start is None:  # an empty sheet, or one of charts
        return
    first_row, first_column = sheet.start
    if sheet.height * sheet.width > MAX_CELLS:
        raise LoadError("limit", detail=f"{sheet.height} x {sheet.width} cells")
    above: Iterator[list[str]] = repeat([], first_row)
    rows = ([""] * first_column + [format_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True))
    yield from read_rows(_chain(above, rows), {"sheet": name}, warnings)


def _chain(above: Iterator[list[str]], rows: Iterator[list[str]]) -> Iterator[list[str]]:
    yield from above
    yield from rows


def format_cell(value: Any) -> str:
    """As a person would write it: whole numbers without a point, times without a date that nobody entered."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _WHOLE_UP_TO else f"{value:.12g}"
    if isinstance(value, dt.datetime):
        has_time = value.time() != dt.time()
        return value.isoformat(" ", "seconds") if has_time else value.date().isoformat()
    return str(value)
