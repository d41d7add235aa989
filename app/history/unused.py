"""Chats in which nobody has asked or entered anything: a page or a program opened them, and went away."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ColumnElement, Select, delete, exists, select

from models import ChatSession, Message, Submission, db, tenancy
from models.base import change, now

KEPT = dt.timedelta(days=1)
BATCH = 500


def clear() -> int:
    """Delete those of yesterday and before, some hundred at a time; return how many there were."""
    cleared = 0
    with tenancy.everything():
        while ids := list(db.session.scalars(_unused().limit(BATCH))):
            cleared += change(delete(ChatSession).where(ChatSession.id.in_(ids), *_says_nothing()))
            db.session.commit()
    return cleared


def _unused() -> Select[int]:
    return select(ChatSession.id).where(ChatSession.started_at < now() - KEPT, *_says_nothing())


def _says_nothing() -> tuple[ColumnElement[bool], ...]:
    said = exists().where(Message.session_id == ChatSession.id)
    entered = exists().where(Submission.session_id == ChatSession.id)
    return ~said, ~entered
