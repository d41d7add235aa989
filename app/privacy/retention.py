"""Deleting chats whose time is over. A chat counts from its last message.

What the owner shortens counts at once: they have read how many chats go. What a smaller plan shortens, and the first
start of an installation that has kept everything until then, counts a week after the holder was told by mail. While a
service has no plan at all, the time before stays.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, func, select

from app.plans import notices, periods
from app.privacy import erasing, holds
from app.privacy.rules import wanted_days
from models import Chatbot, ChatSession, Retention, Service, db, tenancy
from models.base import now

NOTICE = dt.timedelta(days=7)
WEEKS_AHEAD = 8


@dataclass(frozen=True)
class Week:
    """How many chats go in the week that begins then."""

    begins: dt.date
    n_sessions: int


def settle_all() -> list[int]:
    """Bring the time of every chatbot's chats up to date; return the chatbots that have chats to delete. Commits."""
    with tenancy.everything():
        ids = list(db.session.scalars(select(Chatbot.id).where(Chatbot.status != "deleted").order_by(Chatbot.id)))
        for chatbot_id in ids:
            settle(_find_chatbot(chatbot_id))
            db.session.commit()
        return [chatbot_id for chatbot_id in ids if _has_outlived(chatbot_id)]


def settle(chatbot: Chatbot) -> Retention:
    """Take over what was chosen and what the plan allows, a shorter time only when it has been told. Caller commits."""
    row, wanted = _row_of(chatbot), wanted_days(chatbot)
    if not _has_plan(chatbot):
        return row
    if not _is_shorter(wanted, row.days) or not count_older(chatbot.id, wanted):
        row.days, row.next_days, row.next_at = wanted, None, None
    elif row.next_days != wanted or row.next_at is None:
        row.next_days, row.next_at = wanted, now() + NOTICE
        _tell(chatbot, row)
    elif row.next_at <= now():
        row.days, row.next_days, row.next_at = wanted, None, None
    return row


def apply_choice(chatbot: Chatbot) -> None:
    """Let what an owner has just chosen count at once. The caller commits."""
    row = _row_of(chatbot)
    row.days, row.next_days, row.next_at = wanted_days(chatbot), None, None


def shortens(chatbot: Chatbot) -> bool:
    """Tell whether what is chosen now keeps chats for a shorter time than before."""
    return _is_shorter(wanted_days(chatbot), days_in_force(chatbot))


def delete_outlived(chatbot_id: int) -> int:
    """Delete the chats of a chatbot whose time is over, a few at a time; return how many went. Commits."""
    n_gone = 0
    with tenancy.everything():
        row = find(chatbot_id)
        days = row.days if row is not None else None
        while days is not None and (ids := _older_ones(chatbot_id, days, erasing.BATCH)):
            n_gone += erasing.outlive(ids, _is_older(days))  # a visitor may have come back meanwhile
            db.session.commit()
    return n_gone


def count_older(chatbot_id: int, days: int | None) -> int:
    """Return how many chats are older than so many days, and not held; None: that many days never pass."""
    if days is None:
        return 0
    query = select(func.count(ChatSession.id)).where(ChatSession.chatbot_id == chatbot_id, ~holds.is_held())
    return db.session.scalar(query.where(_is_older(days))) or 0


def weeks_ahead(chatbot: Chatbot) -> list[Week]:
    """Return in which of the next weeks chats go, and how many, if nobody goes on with them."""
    days = days_in_force(chatbot)
    if days is None:
        return []
    starts = [now() + dt.timedelta(weeks=n) for n in range(WEEKS_AHEAD)]
    age, moment = dt.timedelta(days=days), ChatSession.last_message_at
    ends = [start + dt.timedelta(weeks=1) for start in starts]
    counts = [
        func.sum(case((and_(moment < end - age, *([moment >= start - age] if n else [])), 1), else_=0))
        for n, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]
    mine = (ChatSession.chatbot_id == chatbot.id, moment < ends[-1] - age, ~holds.is_held())
    found = db.session.execute(select(*counts).where(*mine)).one()
    return [Week(start.date(), n) for start, n in zip(starts, found, strict=True) if n]


def days_in_force(chatbot: Chatbot) -> int | None:
    """Return the days that count now, for a page that changes nothing."""
    row = find(chatbot.id)
    return row.days if row is not None else wanted_days(chatbot)


def find(chatbot_id: int) -> Retention | None:
    return db.session.scalar(select(Retention).where(Retention.chatbot_id == chatbot_id))


def _row_of(chatbot: Chatbot) -> Retention:
    row = find(chatbot.id)
    if row is None:
        row = Retention(service_id=chatbot.service_id, chatbot_id=chatbot.id)
        db.session.add(row)
        db.session.flush()
    return row


def _find_chatbot(chatbot_id: int) -> Chatbot:
    return db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()


def _has_plan(chatbot: Chatbot) -> bool:
    is_own = db.session.scalar(select(Service.is_own).where(Service.id == chatbot.service_id))
    return bool(is_own) or periods.find_current(chatbot.service_id) is not None


def _is_shorter(days: int | None, before: int | None) -> bool:
    return (days or math.inf) < (before or math.inf)


def _is_older(days: int) -> ColumnElement[bool]:
    return ChatSession.last_message_at < now() - dt.timedelta(days=days)


def _has_outlived(chatbot_id: int) -> bool:
    row = find(chatbot_id)
    return row is not None and row.days is not None and bool(_older_ones(chatbot_id, row.days, 1))


def _older_ones(chatbot_id: int, days: int, limit: int) -> list[int]:
    query = select(ChatSession.id).where(ChatSession.chatbot_id == chatbot_id, ~holds.is_held(), _is_older(days))
    return list(db.session.scalars(query.order_by(ChatSession.last_message_at).limit(limit)))


def _tell(chatbot: Chatbot, row: Retention) -> None:
    """Mail the holder once, however many chatbots it is about."""
    assert row.next_at is not None
    goes = row.next_at.date()
    notices.add(chatbot.service_id, "chats_go", f"{row.next_days}-{goes}", goes=goes, days=row.next_days)
