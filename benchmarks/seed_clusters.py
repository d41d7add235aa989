"""Put the questions of seeded chats into clusters, as clustering them would: tens of thousands, most of them small.

What would be the work of hours for an embedding model is done here by the words alone.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import aliased

from app.insights.counting import trouble_of
from models import AskedQuestion, Chatbot, ChatbotDay, Message, QuestionCluster, db
from models.learning import TROUBLES

SLICE = 5000
_ASKED = ("id", "message_id", "cluster_id", "asked_at", "trouble")
_LAST_DIGIT = re.compile(r"\d\b")


@dataclass
class Group:
    """A cluster and what it counts, by the day too."""

    id: int
    leader_id: int
    n: int = 0
    n_troubled: int = 0
    last_asked_at: dt.datetime | None = None
    last_trouble_at: dt.datetime | None = None
    days: Counter[dt.date] = field(default_factory=Counter)
    answered: Counter[dt.date] = field(default_factory=Counter)

    def add(self, at: dt.datetime, trouble: str | None) -> None:
        self.n, self.last_asked_at = self.n + 1, at
        self.days[at.date()] += 1
        self.answered[at.date()] += trouble != "refused"
        if trouble in TROUBLES:
            self.n_troubled, self.last_trouble_at = self.n_troubled + 1, at


def seed_clusters() -> int:
    """Cluster all questions that are there; return how many clusters they make."""
    cluster_ids, question_ids = _ids(QuestionCluster), _ids(AskedQuestion)
    n_clusters = 0
    for chatbot in list(db.session.scalars(select(Chatbot).order_by(Chatbot.id))):
        owned = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
        groups: dict[str, Group] = {}
        asked = list(_asked(chatbot.id, groups, cluster_ids, question_ids))
        _write(QuestionCluster, (_cluster(owned, group) for group in groups.values()))
        _write(AskedQuestion, ({**owned, **dict(zip(_ASKED, row, strict=True)), "is_due": None} for row in asked))
        _write(ChatbotDay, _days(owned, groups))
        n_clusters += len(groups)
    for table in (QuestionCluster, AskedQuestion):
        go_on_counting(table)
    return n_clusters


def _ids(table: Any) -> Iterator[int]:
    return count((db.session.scalar(select(func.max(table.id))) or 0) + 1)


def _asked(
    chatbot_id: int, groups: dict[str, Group], cluster_ids: Iterator[int], question_ids: Iterator[int]
) -> Iterator[tuple[Any, ...]]:
    """Yield what is asked, in the order of _ASKED, and fill the groups."""
    question = aliased(Message)
    query = select(Message.id, Message.timestamp, Message.state, Message.feedback, question.message)
    query = query.join(question, question.id == Message.question_id).where(Message.chatbot_id == chatbot_id)
    is_known = select(AskedQuestion.id).where(AskedQuestion.message_id == Message.id).exists()
    for row in db.session.execute(query.where(Message.state != "error", ~is_known).order_by(Message.id)):
        question_id, trouble, name = next(question_ids), trouble_of(row), _LAST_DIGIT.sub("", row.message)
        group = groups[name] if name in groups else groups.setdefault(name, Group(next(cluster_ids), question_id))
        group.add(row.timestamp, trouble)
        yield question_id, row.id, group.id, row.timestamp, trouble


def _cluster(owned: dict[str, int], group: Group) -> dict[str, Any]:
    return {
        **owned, "id": group.id, "leader_id": group.leader_id, "embedding": b"", "embedding_name": "seeded",
        "n_questions": group.n, "n_troubled": group.n_troubled, "n_open": group.n_troubled,
        "last_asked_at": group.last_asked_at, "last_trouble_at": group.last_trouble_at,
    }  # fmt: skip


def _days(owned: dict[str, int], groups: dict[str, Group]) -> Iterator[dict[str, Any]]:
    for group in groups.values():
        for day, n in group.days.items():
            part = {"kind": "cluster", "key": str(group.id), "day": day}
            yield {**owned, **part, "n": n, "n_answered": group.answered[day]}


def _write(table: Any, rows: Any) -> None:
    connection = db.session.connection()
    rows = iter(rows)
    while some := list(islice(rows, SLICE)):
        connection.execute(insert(table.__table__), some)
    db.session.commit()


def go_on_counting(table: Any) -> None:
    """Let the database give ids behind those that were given here."""
    if db.session.get_bind().dialect.name == "postgresql":
        name = table.__tablename__
        last = db.session.scalar(select(func.max(table.id))) or 1
        db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
        db.session.commit()
