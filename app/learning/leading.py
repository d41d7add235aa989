"""Which question leads a cluster: its oldest one, of which alone a vector is kept, and only while it is there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from app.knowledge.embedding import embedder
from models import AskedQuestion, Message, QuestionCluster, db
from models.base import change

AT_ONCE = 200
MAX_CHARS = 1000

Vectors = NDArray[np.float32]


def embed(words: Sequence[str]) -> Vectors:
    """Embed questions while no connection is held."""
    db.session.rollback()
    texts = [text[:MAX_CHARS] for text in words]
    return embedder().embed_batch(texts).astype(np.float32) if texts else np.empty((0, 0), np.float32)


def forget_lost(cluster_ids: Collection[int]) -> None:
    """Forget the vectors of clusters whose leading question is gone. The caller commits."""
    is_there = select(AskedQuestion.id).where(AskedQuestion.id == QuestionCluster.leader_id).exists()
    lost = QuestionCluster.id.in_(cluster_ids) & QuestionCluster.leader_id.is_not(None) & ~is_there
    change(update(QuestionCluster).where(lost).values(leader_id=None, embedding=b"", embedding_name=""))


def choose_anew(chatbot_id: int) -> None:
    """Let the oldest question that is left lead each cluster that has no leader; commits as it goes."""
    while rows := _oldest_questions(chatbot_id):
        worded = [row for row in rows if row.words]
        vectors = dict(zip([row.id for row in worded], embed([row.words for row in worded]), strict=True))
        for row in rows:
            _lead(row.cluster_id, row.id, vectors.get(row.id))
        db.session.commit()


def _lead(cluster_id: int, question_id: int, vector: Vectors | None) -> None:
    packed, name = (pack(vector), embedder().name) if vector is not None else (b"", "")
    leaderless = QuestionCluster.id == cluster_id, QuestionCluster.leader_id.is_(None)
    values = {"leader_id": question_id, "embedding": packed, "embedding_name": name}
    change(update(QuestionCluster).where(*leaderless).values(values))


def pack(vector: Vectors) -> bytes:
    return vector.astype(np.float16).tobytes()


def _oldest_questions(chatbot_id: int) -> Sequence[Any]:
    """Return the oldest question of some clusters without a leader; its words are None where they are gone."""
    answered, asked = aliased(Message), aliased(Message)
    first = select(func.min(AskedQuestion.id)).join(AskedQuestion.cluster).where(
        QuestionCluster.chatbot_id == chatbot_id, QuestionCluster.leader_id.is_(None)
    )  # fmt: skip
    query = (
        select(
            AskedQuestion.id, AskedQuestion.cluster_id, func.coalesce(asked.standalone, asked.message).label("words")
        )
        .join(answered, answered.id == AskedQuestion.message_id)
        .outerjoin(asked, asked.id == answered.question_id)
        .where(AskedQuestion.id.in_(first.group_by(AskedQuestion.cluster_id).limit(AT_ONCE)))
    )
    return db.session.execute(query).all()
