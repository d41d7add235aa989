"""Curated answers first: a question that its owner has answered is answered in the owner's own words.

The same words always match; a question that means the same matches where words, tokens and vectors agree
(`indexes.same_question`). What matches neither way is still found among the chunks.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, func, select, update

from app.answering.answer import CURATED, Answer
from app.knowledge.embedding import embedder
from app.knowledge.pairs import MAX_QUESTION, question_key
from indexes.same_question import is_same
from models import Chatbot, CuratedAnswer, Source, db
from models.base import change, now

MAX_CHATBOTS = 64  # whose questions are kept in memory: 2,000 of them take 1.5 MB
N_NEAREST = 5
CLOSE = 0.4  # the cosine from which two questions are about the same matter
MAX_ASKED = 2 * MAX_QUESTION
_PAIR_ID = func.coalesce(CuratedAnswer.wording_of_id, CuratedAnswer.id)  # of a wording: of the pair that it asks for


class _Questions(NamedTuple):
    """What a chatbot's pairs ask, in each wording: the pair's id, words, and embeddings (n, dimension), float16, unit
    rows.
    """

    ids: list[int]
    texts: list[str]
    vectors: NDArray[np.float16]


class _Match(NamedTuple):
    """Which pair answers; `score` is the cosine of the two questions, 1 for the same words."""

    pair_id: int
    score: float


_kept: OrderedDict[tuple[uuid.UUID, int, int | None, str], _Questions] = OrderedDict()
_lock = threading.Lock()


def answer(chatbot: Chatbot, question: str) -> Answer | None:
    """Return the owner's own answer to a question and count that it was given; None where there is none."""
    match = find(chatbot, question)
    if match is None:
        return None
    text = db.session.scalar(select(CuratedAnswer.answer).join(CuratedAnswer.source).where(
        CuratedAnswer.id == match.pair_id, *_live(chatbot)
    ))  # fmt: skip
    if text is None:
        return None
    hits = update(CuratedAnswer).where(CuratedAnswer.id == match.pair_id)
    change(hits.values(n_hits=CuratedAnswer.n_hits + 1, last_hit_at=now()))
    db.session.commit()
    return Answer(CURATED, text, evidence={"pair": match.pair_id, "score": round(match.score, 3)})


def find(chatbot: Chatbot, question: str) -> _Match | None:
    """Return which of the owner's pairs a question asks for; nothing is counted."""
    if len(question) > MAX_ASKED:
        return None
    same = select(_PAIR_ID).join(CuratedAnswer.source)
    same = same.where(CuratedAnswer.question_key == question_key(question), *_live(chatbot))
    pair_id = db.session.scalar(same.order_by(CuratedAnswer.id.desc()).limit(1))
    return _Match(pair_id, 1.0) if pair_id is not None else _find_meant(chatbot, question)


def _live(chatbot: Chatbot) -> tuple[ColumnElement[bool], ...]:
    return CuratedAnswer.chatbot_id == chatbot.id, Source.deleted_at.is_(None), Source.allowed_training.is_(True)


def _find_meant(chatbot: Chatbot, question: str) -> _Match | None:
    for pair_id, text, cosine in _nearest(chatbot, question):
        if is_same(question, text, cosine, embedder().cover):
            return _Match(pair_id, cosine)
    return None


def list_close(chatbot: Chatbot, question: str, limit: int) -> list[str]:
    """Return the owner's questions that are about what was asked, nearest first."""
    if not embedder().reads(question):
        return []
    near: dict[int, str] = {}
    for pair_id, text, cosine in _nearest(chatbot, question[:MAX_ASKED]):
        if cosine >= CLOSE:
            near.setdefault(pair_id, text)
    return list(near.values())[:limit]


def _nearest(chatbot: Chatbot, question: str) -> list[tuple[int, str, float]]:
    """Return (id, question, cosine) of the pairs whose questions are nearest."""
    questions = _questions_of(chatbot)
    if not questions.ids:
        return []
    cosines = questions.vectors.astype(np.float32) @ embedder().embed_query(question)
    best = np.argsort(-cosines)[:N_NEAREST].tolist()
    return [(questions.ids[i], questions.texts[i], float(cosines[i])) for i in best]


def _questions_of(chatbot: Chatbot) -> _Questions:
    """Return a chatbot's questions; read again after each change of its knowledge, and after each training."""
    key = (chatbot.uuid, chatbot.changed_count, chatbot.generation_id, embedder().name)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _read_questions(chatbot)
    with _lock:
        _kept[key] = found
        while len(_kept) > MAX_CHATBOTS:
            _kept.popitem(last=False)
    return found


def _read_questions(chatbot: Chatbot) -> _Questions:
    columns = _PAIR_ID.label("pair_id"), CuratedAnswer.question, CuratedAnswer.embedding
    query = select(*columns).join(CuratedAnswer.source)
    is_embedded = and_(CuratedAnswer.embedding.is_not(None), CuratedAnswer.embedding_name == embedder().name)
    rows = db.session.execute(query.where(*_live(chatbot), is_embedded).order_by(CuratedAnswer.id)).all()
    vectors = [np.frombuffer(row.embedding, dtype=np.float16) for row in rows]
    return _Questions(
        [row.pair_id for row in rows], [row.question for row in rows], np.array(vectors, dtype=np.float16)
    )
