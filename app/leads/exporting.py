"""Submissions as CSV, written some hundred at a time: as many as there are, and memory stays flat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app import spreadsheets
from app.languages import lazy_gettext as _l
from models import Submission

HEAD = (_l("Received"), _l("Chatbot"), _l("Form"), _l("State"), _l("Assignee"), _l("Page"))
RELATED = ("chatbot", "assignee")  # what a line is made of beside the row
Batches = Callable[[], Iterable[list[Submission]]]


def to_csv(batches: Batches) -> Iterator[str]:
    """Return blocks of CSV: a submission in each line, every label that there is as a column.

    They are read twice, for the labels and for the lines; what comes in between has its labels left out. Nothing is
    held open from one block to the next.
    """
    return _blocks([str(word) for word in HEAD], batches)


def _blocks(head: list[str], batches: Batches) -> Iterator[str]:
    labels: dict[str, None] = {}
    for rows in batches():
        labels |= dict.fromkeys(answer["label"] for row in rows for answer in _answers_of(row.answers))
        yield ""  # a step is over
    yield spreadsheets.MARK + spreadsheets.to_lines([[*head, *labels]])
    for rows in batches():
        yield spreadsheets.to_lines([_cells_of(row, labels) for row in rows])


def _cells_of(row: Submission, labels: Iterable[str]) -> list[str]:
    said = {answer["label"]: answer["value"] for answer in _answers_of(row.answers)}
    assignee = row.assignee.email if row.assignee else ""
    head = [row.created_at.isoformat(), row.chatbot.name, row.form_name, row.state, assignee, row.page]
    return [*head, *(said.get(label, "") for label in labels)]


def _answers_of(answers: Iterable[Any]) -> list[dict[str, str]]:
    return [answer for answer in answers if isinstance(answer, dict)]
