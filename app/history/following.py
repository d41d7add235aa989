"""How far a dialogue or a list of them is, in a few bytes: a page that is told of a change asks what it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import func, select

from app.history.filters import Filter
from app.history.matching import cut_sessions
from app.knowledge.progress import Mark
from models import ChatSession, MessageMark, db
from models.base import now

QUIET = dt.timedelta(minutes=30)  # after which nobody expects a visitor to go on
N_WATCHED = 10  # of the youngest sessions of a list: those that may still grow


def mark_of(chat: ChatSession) -> Mark:
    """Return where a session stands: what was said, what the visitor thinks of it, and what the team has noted."""
    noted = select(func.count(MessageMark.id), func.max(MessageMark.changed_at))
    told = (
        chat.n_questions, chat.summary_due_at, chat.n_positive, chat.n_neutral, chat.n_negative, chat.n_submissions,
        chat.handed_over_at, chat.ended_at, *db.session.execute(noted.where(MessageMark.session_id == chat.id)).one(),
    )  # fmt: skip
    return Mark("|".join(map(str, told)), may_grow(chat))


def may_grow(chat: ChatSession) -> bool:
    return chat.ended_at is None and chat.last_message_at > now() - QUIET


def mark_of_list(wanted: Filter, readable: Collection[int]) -> Mark:
    """Return where the beginning of a list stands; there may always be another chat."""
    youngest = select(ChatSession.id, ChatSession.n_questions, ChatSession.summary_due_at)
    query = cut_sessions(youngest, wanted, readable).order_by(ChatSession.started_at.desc(), ChatSession.id.desc())
    rows = db.session.execute(query.limit(N_WATCHED)).all()
    return Mark("|".join(f"{row[0]}:{row[1]}:{row[2]}" for row in rows), is_moving=True)
