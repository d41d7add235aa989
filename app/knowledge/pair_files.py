"""Questions with answers out of a CSV file, row by row: what can't be taken is said with its row, the rest is taken."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from app.knowledge.pairs import MAX_PAIRS, Pair, make_pair
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from indexes.errors import LoadError
from indexes.loaders.csv import find_delimiter
from indexes.loaders.decoding import decode

MAX_BYTES = 5_000_000
MAX_COMPLAINTS = 20
_HEADERS = {"question", "questions", "frage", "fragen", "q", "pregunta", "domanda", "vraag", "pergunta"}


class Reading(NamedTuple):
    """What a file holds: pairs by row, and what is wrong with other rows, a sentence each."""

    pairs: list[Pair]
    complaints: list[str]
    n_wrong: int


def read(raw: bytes) -> Reading:
    """Read rows of question and answer; the first may name the columns, further columns are passed over.

    Raises:
        SourceError: it is no CSV file, or holds more than a chatbot has room for.
    """
    try:
        text = decode(raw)
    except LoadError as error:
        raise SourceError(_("This is no CSV file. In a spreadsheet, choose Save as and CSV UTF-8.")) from error
    csv.field_size_limit(MAX_BYTES)
    pairs: list[Pair] = []
    complaints: list[str] = []
    try:
        for row, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=find_delimiter(text)), start=1):
            _take(row, cells, pairs, complaints)
    except csv.Error as error:
        raise SourceError(_("This is no CSV file that can be read: %(error)s.", error=error)) from error
    if not pairs and not complaints:
        raise SourceError(_("There is no question in the file."))
    return Reading(pairs, complaints[:MAX_COMPLAINTS], len(complaints))


def _take(row: int, cells: list[str], pairs: list[Pair], complaints: list[str]) -> None:
    question, answer = [*cells, "", ""][:2]
    is_header = row == 1 and question.strip().casefold() in _HEADERS
    if is_header or not any(cell.strip() for cell in cells):
        return
    if len(pairs) + len(complaints) >= MAX_PAIRS:
        raise SourceError(_("The file has more than %(most)s questions. Split it.", most=f"{MAX_PAIRS:,}"))
    try:
        pairs.append(make_pair(question, answer))
    except SourceError as error:
        complaints.append(_("Row %(row)s: %(error)s", row=row, error=error))
