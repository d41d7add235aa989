"""Questions with their answers, as their owner wrote them: the rows of a chatbot's one source of kind qa.

They answer at once when they are asked in the same words, after the next training when they are meant, and stand among
the chunks like any other text for whatever else is asked. A question may have other wordings, which are rows beside it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import aliased, selectinload

from app.knowledge import sources
from app.knowledge.embedding import embedder
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from app.wording import OWN_ANSWERS
from indexes.document import Document, Segment
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.tidying import tidy, tidy_line
from indexes.same_question import plain_form
from models import Chatbot, CuratedAnswer, Source, db
from models.base import change

MAX_PAIRS = 2000
MAX_QUESTION = 300
MAX_ANSWER = 5000
MAX_WORDINGS = 20
PAGE_SIZE = 50
EMBEDDED_AT_ONCE = 100
_IS_QUESTION = CuratedAnswer.wording_of_id.is_(None)


class Pair(NamedTuple):
    """A question with its answer and the other wordings that it is asked in, fit to be kept."""

    question: str
    answer: str
    wordings: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return question_key(self.question)


def question_key(question: str) -> str:
    """Return what is the same for two questions in the same words."""
    return hashlib.sha256(plain_form(question).encode()).hexdigest()


def make_pair(question: str, answer: str, wordings: Iterable[str] = ()) -> Pair:
    """Return a pair as it is kept; wordings that are empty or say the question again are left out.

    Raises:
        SourceError: question or answer is missing, one of them is too long, or there are too many wordings.
    """
    question, answer = _one_line(question), tidy(answer).strip()
    if not plain_form(question):
        raise SourceError(_("The question is missing."))
    if not answer:
        raise SourceError(_("The answer is missing."))
    if len(answer) > MAX_ANSWER:
        raise SourceError(
            _("The answer has %(n)s characters; it may have %(most)s.", n=f"{len(answer):,}", most=f"{MAX_ANSWER:,}")
        )
    others = {plain_form(words): words for words in map(_one_line, wordings)}
    others = {plain: words for plain, words in others.items() if plain not in ("", plain_form(question))}
    if len(others) > MAX_WORDINGS:
        raise SourceError(
            _("A question may have %(most)s other wordings; here are %(n)s.", most=MAX_WORDINGS, n=len(others))
        )
    return Pair(question, answer, tuple(others.values()))


def _one_line(question: str) -> str:
    question = " ".join(tidy(question).split())
    if len(question) > MAX_QUESTION:
        raise SourceError(
            _("The question has %(n)s characters; it may have %(most)s.", n=f"{len(question):,}", most=MAX_QUESTION)
        )
    return question


def _of(chatbot: Chatbot) -> tuple[ColumnElement[bool], ...]:
    return CuratedAnswer.chatbot_id == chatbot.id, Source.deleted_at.is_(None)


def look(chatbot: Chatbot, words: str = "", page: int = 1) -> tuple[list[CuratedAnswer], int]:
    """Return a page of a chatbot's pairs, the most asked first, and how many there are with these words."""
    query = select(CuratedAnswer).join(CuratedAnswer.source).where(*_of(chatbot), _IS_QUESTION)
    if words:
        other = aliased(CuratedAnswer)
        asked_so = select(other.id).where(
            other.wording_of_id == CuratedAnswer.id, other.question.icontains(words, autoescape=True)
        )
        query = query.where(
            or_(CuratedAnswer.question.icontains(words, autoescape=True),
                CuratedAnswer.answer.icontains(words, autoescape=True), asked_so.exists())
        )  # fmt: skip
    n_rows = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    query = query.options(selectinload(CuratedAnswer.wordings))
    query = query.order_by(CuratedAnswer.n_hits.desc(), CuratedAnswer.id.desc())
    return list(db.session.scalars(query.limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE))), n_rows


def find(chatbot: Chatbot, pair_uuid: uuid.UUID) -> CuratedAnswer | None:
    query = select(CuratedAnswer).join(CuratedAnswer.source).where(CuratedAnswer.uuid == pair_uuid)
    return db.session.scalar(query.where(*_of(chatbot), _IS_QUESTION))


def add(chatbot: Chatbot, pairs: list[Pair]) -> tuple[Source, list[CuratedAnswer]]:
    """Add pairs; the same question gets the new answer, and keeps its wordings. The caller commits and wakes the worker
    for the source.

    Raises:
        SourceError: there would be too many, or a wording has an answer of its own.
        QuotaExceeded: the plan has no room for one more source.
    """
    source = sources.keep_one(chatbot, "qa", OWN_ANSWERS)
    known = _known(source)
    wanted = {pair.key: pair for pair in pairs}
    wordings = {question_key(words) for pair in wanted.values() for words in pair.wordings}
    if len(known.keys() | wanted.keys() | wordings) > MAX_PAIRS:
        raise SourceError(
            _("A chatbot has room for %(most)s questions with answers. Remove some first.", most=f"{MAX_PAIRS:,}")
        )
    rows = [_put(source, known.get(key), pair) for key, pair in wanted.items()]
    db.session.flush()
    known = _known(source)
    for row, pair in zip(rows, wanted.values(), strict=True):
        _add_wordings(row, pair, known)
    sources.queue_again(source)
    return source, rows


def _known(source: Source) -> dict[str, CuratedAnswer]:
    return {row.question_key: row for row in db.session.scalars(_rows_of(source))}


def _put(source: Source, row: CuratedAnswer | None, pair: Pair) -> CuratedAnswer:
    if row is None:
        row = _new_row(source, pair.question)
    if row.question != pair.question:
        row.embedding, row.embedding_name = None, ""
    row.question, row.answer, row.question_key, row.wording_of_id = pair.question, pair.answer, pair.key, None
    return row


def _new_row(source: Source, question: str, **values: int) -> CuratedAnswer:
    owned = {"service_id": source.service_id, "chatbot_id": source.chatbot_id, "source_id": source.id}
    row = CuratedAnswer(question=question, question_key=question_key(question), answer="", **owned, **values)
    row.source = source
    db.session.add(row)
    return row


def _add_wordings(row: CuratedAnswer, pair: Pair, known: dict[str, CuratedAnswer]) -> None:
    """Give a pair its wordings; one that another pair was asked in becomes this one's."""
    for words in pair.wordings:
        key = question_key(words)
        other = known.get(key)
        if other is not None and other.wording_of_id is None:
            raise SourceError(
                _(
                    "“%(question)s” has an answer of its own. Change that one, or remove it first.",
                    question=other.question,
                )
            )
        if other is not None and other.wording_of_id == row.id:
            continue
        if other is not None:
            db.session.flush()  # it may be as new as this one
            db.session.delete(other)
            db.session.flush()
        known[key] = _new_row(row.source, words, wording_of_id=row.id)


def rewrite(row: CuratedAnswer, pair: Pair) -> None:
    """Change question, answer and wordings; the caller commits and wakes the worker for the source.

    Raises:
        SourceError: another pair has that question or is asked in one of these wordings.
    """
    source = row.source
    sources.line_up(source.chatbot)
    known = _known(source)
    kept = {question_key(words) for words in pair.wordings}
    for key, other in list(known.items()):
        if other.wording_of_id == row.id and key not in kept:
            db.session.delete(known.pop(key))
    if known.get(pair.key, row) is not row:
        raise SourceError(_("This question has an answer already. Change that one, or remove it first."))
    del known[row.question_key]  # the former question may become a wording
    db.session.flush()
    _put(source, row, pair)
    db.session.flush()
    _add_wordings(row, pair, known)
    sources.queue_again(source)


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
    rows = db.session.scalars(_rows_of(source).where(_IS_QUESTION))
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
