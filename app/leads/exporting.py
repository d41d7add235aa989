"""Submissions as CSV, read and written some hundred at a time: as many as there are, and memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from app import spreadsheets
from app.languages import lazy_gettext as _l
from models import Submission, db

BATCH = 500
HEAD = (_l("Received"), _l("Chatbot"), _l("Form"), _l("State"), _l("Assignee"), _l("Page"))
Conditions = Sequence[ColumnElement[bool]]


def to_csv(conditions: Conditions) -> Iterator[str]:
    """Yield blocks of CSV, youngest first: a submission in each line, every label that there is as a column.

    They are read twice, for the labels and for the lines; what comes in between has its labels left out. Nothing is
    held open from one block to the next.
    """
    labels: dict[str, None] = {}
    for rows in _batches(conditions):
        labels |= dict.fromkeys(answer["label"] for row in rows for answer in _answers_of(row.answers))
        yield ""  # a step is over
    yield spreadsheets.MARK + spreadsheets.to_lines([[*HEAD, *labels]])
    for rows in _batches(conditions):
        yield spreadsheets.to_lines([_cells_of(row, labels) for row in rows])


def _batches(conditions: Conditions) -> Iterator[list[Submission]]:
    query = select(Submission).where(*conditions).order_by(Submission.id.desc()).limit(BATCH)
    query = query.options(selectinload(Submission.chatbot), selectinload(Submission.assignee))
    rows = list(db.session.scalars(query))
    while rows:
        last = rows[-1].id
        yield rows
        rows = list(db.session.scalars(query.where(Submission.id < last)))


def _cells_of(row: Submission, labels: Iterable[str]) -> list[str]:
    said = {answer["label"]: answer["value"] for answer in _answers_of(row.answers)}
    assignee = row.assignee.email if row.assignee else ""
    head = [row.created_at.isoformat(), row.chatbot.name, row.form_name, row.state, assignee, row.page]
    return [*head, *(said.get(label, "") for label in labels)]


def _answers_of(answers: Iterable[Any]) -> list[dict[str, str]]:
    return [answer for answer in answers if isinstance(answer, dict)]
