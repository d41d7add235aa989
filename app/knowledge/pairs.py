"""Questions with their answers, as their owner wrote them: the rows of a chatbot's one source of kind qa.

They answer at once when they are asked in the same words, after the next training when they are meant, and stand among
the chunks like any other text for whatever else is asked.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Select, func, or_, select, update

from app.knowledge import sources
from app.knowledge.embedding import embedder
from app.knowledge.sources import SourceError
from indexes.document import Document, Segment
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.tidying import tidy, tidy_line
from indexes.same_question import plain_form
from models import Chatbot, CuratedAnswer, Source, db
from models.base import change

TITLE = "Questions and answers"
MAX_PAIRS = 2000
MAX_QUESTION = 300
MAX_ANSWER = 5000
PAGE_SIZE = 50
EMBEDDED_AT_ONCE = 100


class Pair(NamedTuple):
    """A question with its answer, fit to be kept."""

    question: str
    answer: str

    @property
    def key(self) -> str:
        return question_key(self.question)


def question_key(question: str) -> str:
    """Return what is the same for two questions in the same words."""
    return hashlib.sha256(plain_form(question).encode()).hexdigest()


def make_pair(question: str, answer: str) -> Pair:
    """Return a pair as it is kept.

    Raises:
        SourceError: one of the two is missing or too long.
    """
    question, answer = " ".join(tidy(question).split()), tidy(answer).strip()
    if len(question) > MAX_QUESTION:
        raise SourceError(f"The question has {len(question):,} characters; it may have {MAX_QUESTION}.")
    if not plain_form(question):
        raise SourceError("The question is missing.")
    if not answer:
        raise SourceError("The answer is missing.")
    if len(answer) > MAX_ANSWER:
        raise SourceError(f"The answer has {len(answer):,} characters; it may have {MAX_ANSWER:,}.")
    return Pair(question, answer)


def _of(chatbot: Chatbot) -> tuple[ColumnElement[bool], ...]:
    return CuratedAnswer.chatbot_id == chatbot.id, Source.deleted_at.is_(None)


def look(chatbot: Chatbot, words: str = "", page: int = 1) -> tuple[list[CuratedAnswer], int]:
    """Return a page of a chatbot's pairs, the most asked first, and how many there are with these words."""
    query = select(CuratedAnswer).join(CuratedAnswer.source).where(*_of(chatbot))
    if words:
        query = query.where(
            or_(CuratedAnswer.question.icontains(words, autoescape=True),
                CuratedAnswer.answer.icontains(words, autoescape=True))
        )  # fmt: skip
    n_rows = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    query = query.order_by(CuratedAnswer.n_hits.desc(), CuratedAnswer.id.desc())
    return list(db.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))), n_rows


def find(chatbot: Chatbot, pair_uuid: uuid.UUID) -> CuratedAnswer | None:
    query = select(CuratedAnswer).join(CuratedAnswer.source).where(CuratedAnswer.uuid == pair_uuid)
    return db.session.scalar(query.where(*_of(chatbot)))


def add(chatbot: Chatbot, pairs: list[Pair]) -> tuple[Source, list[CuratedAnswer]]:
    """Add pairs; the same question gets the new answer. The caller commits and wakes the worker for the source.

    Raises:
        SourceError: there would be too many.
        QuotaExceeded: the plan has no room for one more source.
    """
    source = sources.keep_one(chatbot, "qa", TITLE)
    known = {row.question_key: row for row in db.session.scalars(_rows_of(source))}
    wanted = {pair.key: pair for pair in pairs}
    if len(known.keys() | wanted.keys()) > MAX_PAIRS:
        raise SourceError(f"A chatbot has room for {MAX_PAIRS:,} questions with answers. Remove some first.")
    rows = [_put(source, known.get(key), pair) for key, pair in wanted.items()]
    sources.queue_again(source)
    return source, rows


def _put(source: Source, row: CuratedAnswer | None, pair: Pair) -> CuratedAnswer:
    if row is None:
        owned = {"service_id": source.service_id, "chatbot_id": source.chatbot_id, "source_id": source.id}
        row = CuratedAnswer(question_key=pair.key, **owned)
        db.session.add(row)
    if row.question != pair.question:
        row.embedding, row.embedding_name = None, ""
    row.question, row.answer, row.question_key = pair.question, pair.answer, pair.key
    return row


def rewrite(row: CuratedAnswer, pair: Pair) -> None:
    """Change question and answer; the caller commits and wakes the worker for the source.

    Raises:
        SourceError: another pair has that question.
    """
    sources.line_up(row.source.chatbot)
    taken = _rows_of(row.source).where(CuratedAnswer.question_key == pair.key, CuratedAnswer.id != row.id)
    if db.session.scalar(taken) is not None:
        raise SourceError("This question has an answer already. Change that one, or remove it first.")
    _put(row.source, row, pair)
    sources.queue_again(row.source)


def remove(row: CuratedAnswer) -> None:
    """Remove a pair, and with the last one its source; the caller commits and wakes the worker."""
    source = row.source
    sources.line_up(source.chatbot)
    db.session.delete(row)
    db.session.flush()
    if db.session.scalar(_rows_of(source).limit(1)) is None:
        sources.delete(source)
    else:
        sources.queue_again(source)


def _rows_of(source: Source) -> Select[CuratedAnswer]:
    return select(CuratedAnswer).where(CuratedAnswer.source_id == source.id).order_by(CuratedAnswer.id)


def read(source: Source) -> Document:
    """Return the pairs as a document, a section for each.

    Raises:
        LoadError: there is none.
    """
    rows = db.session.scalars(_rows_of(source))
    segments = [Segment(f"{row.question}\n\n{row.answer}", {"heading": tidy_line(row.question)}) for row in rows]
    return assemble("qa", source.title, segments, Findings(title=source.title))


def embed_questions(chatbot_id: int) -> None:
    """Embed the questions that have no vector of the present embedding model, committing as it goes."""
    model = embedder()
    stale = select(CuratedAnswer.id, CuratedAnswer.question)
    stale = stale.where(CuratedAnswer.chatbot_id == chatbot_id, CuratedAnswer.embedding_name != model.name)
    while rows := db.session.execute(stale.limit(EMBEDDED_AT_ONCE)).all():
        db.session.commit()
        for row, vector in zip(rows, model.embed_batch([row.question for row in rows]), strict=True):
            is_same = (CuratedAnswer.id == row.id) & (CuratedAnswer.question == row.question)
            values = {"embedding": vector.astype(np.float16).tobytes(), "embedding_name": model.name}
            change(update(CuratedAnswer).where(is_same).values(values))
        db.session.commit()
