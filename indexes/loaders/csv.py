"""Tables as text: a segment per record, the first being the head row; the record's number is its row."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from indexes.document import Document, Locator, Segment
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.decoding import decode, looks_like_text
from indexes.loaders.limits import MAX_CHARACTERS, MAX_COLUMNS, MAX_ROWS
from indexes.loaders.outline import MAX_HEADER, join_cells
from indexes.loaders.sample import Sample

FORMAT = "csv"

DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50


def accepts(sample: Sample) -> bool:
    return sample.named_format == FORMAT and looks_like_text(sample.head)


def load(path: str | Path, name: str) -> Document:
    text = decode(Path(path).read_bytes())
    csv.field_size_limit(MAX_CHARACTERS)
    warnings: list[str] = []
    records = csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text))
    return assemble(FORMAT, name, list(read_rows(records, {}, warnings)), Findings(warnings=tuple(warnings)))


def read_rows(records: Iterator[list[str]], place: dict[str, str], warnings: list[str]) -> Iterator[Segment]:
    """A segment per row that holds something; rows count from 1 and empty ones are counted too.

    Args:
        records: the cells of each row, as text.
        place: what the locators of these rows have in common, such as the sheet.
        warnings: gets "truncated" where there are too many rows or columns.
    """
    header: str | None = None
    for row, cells in enumerate(records, start=1):
        if row > MAX_ROWS or len(cells) > MAX_COLUMNS:
            warnings.append("truncated")
        if row > MAX_ROWS:
            return
        text = join_cells(cells[:MAX_COLUMNS])
        if not text:
            continue
        locator = cast("Locator", {**place, "row": row})
        yield Segment(text, locator, header or "")
        if header is None:
            header = text if len(text) <= MAX_HEADER else ""


def find_delimiter(text: str) -> str:
    """The delimiter that cuts the first lines into the most equal number of fields."""
    lines = [line for line in text[:100_000].splitlines()[:_SAMPLE_LINES] if line.strip()]

    def rate(delimiter: str) -> tuple[int, int]:
        counts = [len(record) for record in csv.reader(lines, delimiter=delimiter)]
        usual = max(set(counts), key=lambda n: (counts.count(n), n), default=0)
        return (counts.count(usual) if usual > 1 else 0, usual)

    return max(DELIMITERS, key=rate)
