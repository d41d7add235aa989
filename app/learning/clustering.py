"""Questions that mean the same, found by their embeddings: each goes to the nearest cluster that is near enough.

A cluster is led by the question that founded it, so that the same questions in the same order always come to the same
clusters, and nothing moves between runs (leader clustering: J. Hartigan, Clustering Algorithms, 1975). Once that one is
erased or redacted, the oldest question that is left leads: nothing that was made of its words is kept. How near is near
enough was measured: docs/history.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from app.insights.tally import Tally
from app.knowledge.embedding import embedder
from app.learning import counts, leading
from app.learning.leading import Vectors
from models import AskedQuestion, Chatbot, Message, QuestionCluster, db, tenancy
from models.base import change

NEAR = 0.7  # cosine
AT_ONCE = 200
MAX_CLUSTERS = 5000  # of a chatbot, that questions are held against: those that were asked last


@dataclass
class Leaders:
    """A chatbot's clusters and the vectors of those who founded them: (n, dimension), unit rows."""

    ids: list[int] = field(default_factory=list)
    vectors: list[Vectors] = field(default_factory=list)

    def nearest(self, vector: Vectors) -> int | None:
        """Return the cluster that a question belongs to; None where none is near enough. Of equals the oldest."""
        if not self.ids:
            return None
        cosines = np.stack(self.vectors) @ vector
        best = int(np.argmax(cosines))
        return self.ids[best] if cosines[best] >= NEAR else None

    def add(self, cluster_id: int, vector: Vectors) -> None:
        self.ids.append(cluster_id)
        self.vectors.append(vector)


def cluster_due(chatbot_id: int) -> int:
    """Look at the meaning of what a chatbot was asked since the last time; return how many questions. Commits."""
    n_seen = 0
    with tenancy.everything():
        leading.choose_anew(chatbot_id)
        while rows := _due_questions(chatbot_id):
            if not _cluster(chatbot_id, rows):
                break
            n_seen += len(rows)
    return n_seen


def due_chatbots() -> set[int]:
    """Return the chatbots whose questions are to be looked at."""
    asked = select(AskedQuestion.chatbot_id).where(AskedQuestion.is_due.is_not(None))
    leaderless = select(QuestionCluster.chatbot_id).where(QuestionCluster.leader_id.is_(None))
    with tenancy.everything():
        return {*db.session.scalars(asked.distinct()), *db.session.scalars(leaderless.distinct())}


def _due_questions(chatbot_id: int) -> Sequence[Any]:
    answered, asked = aliased(Message), aliased(Message)
    query = (
        select(
            AskedQuestion.id, AskedQuestion.service_id, AskedQuestion.cluster_id, AskedQuestion.asked_at,
            AskedQuestion.trouble, func.coalesce(asked.standalone, asked.message).label("words"),
        )
        .join(answered, answered.id == AskedQuestion.message_id)
        .outerjoin(asked, asked.id == answered.question_id)
        .where(AskedQuestion.is_due.is_not(None), AskedQuestion.chatbot_id == chatbot_id)
    )  # fmt: skip
    return db.session.execute(query.order_by(AskedQuestion.id).limit(AT_ONCE)).all()


def _cluster(chatbot_id: int, rows: Sequence[Any]) -> bool:
    """Give questions of one chatbot their clusters, and count these anew, in one transaction."""
    new = [row for row in rows if row.cluster_id is None and row.words]
    vectors = leading.embed([row.words for row in new])
    chosen = {row.id: row.cluster_id for row in rows}
    if not _take(rows):
        return False
    leaders = _leaders(chatbot_id)
    tally = Tally()
    for row, vector in zip(new, vectors, strict=True):
        chosen[row.id] = cluster_id = leaders.nearest(vector) or _found(leaders, chatbot_id, row, vector)
        is_answered = row.trouble != "refused"
        place = (row.service_id, chatbot_id)
        tally.add_part(place, row.asked_at, "cluster", str(cluster_id), is_answered=is_answered)
        change(update(AskedQuestion).where(AskedQuestion.id == row.id).values(cluster_id=cluster_id))
    tally.write()
    counts.renew({found for found in chosen.values() if found})
    db.session.commit()
    return True


def _take(rows: Sequence[Any]) -> bool:
    """Mark questions as seen; False, with nothing done, where another was faster. A changed one comes again."""
    ids = [row.id for row in rows]
    marking = update(AskedQuestion).where(AskedQuestion.id.in_(ids), AskedQuestion.is_due.is_not(None))
    if change(marking.values(is_due=None)) != len(ids):
        db.session.rollback()
        return False
    return True


def _leaders(chatbot_id: int) -> Leaders:
    """Return a chatbot's clusters, oldest first, as far as the present embedding model made their vectors."""
    query = select(QuestionCluster.id, QuestionCluster.embedding).where(
        QuestionCluster.chatbot_id == chatbot_id, QuestionCluster.embedding_name == embedder().name
    )
    rows = db.session.execute(query.order_by(QuestionCluster.last_asked_at.desc()).limit(MAX_CLUSTERS)).all()
    found = Leaders()
    for cluster_id, packed in sorted(rows, key=lambda row: row[0]):
        found.add(cluster_id, np.frombuffer(packed, np.float16).astype(np.float32))
    return found


def _generation_of(chatbot_id: int) -> int | None:
    return db.session.scalar(select(Chatbot.generation_id).where(Chatbot.id == chatbot_id))


def _found(leaders: Leaders, chatbot_id: int, row: Any, vector: Vectors) -> int:
    """Found a cluster with a question that is near to none."""
    cluster = QuestionCluster(
        service_id=row.service_id, chatbot_id=chatbot_id, embedding=leading.pack(vector),
        embedding_name=embedder().name, leader_id=row.id, last_asked_at=row.asked_at,
        asked_generation_id=_generation_of(chatbot_id),
    )  # fmt: skip
    db.session.add(cluster)
    db.session.flush()
    leaders.add(cluster.id, np.frombuffer(cluster.embedding, np.float16).astype(np.float32))
    return cluster.id
