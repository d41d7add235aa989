"""What becomes of a deleted chatbot: its chats are kept for the grace days of its plan, then everything below it goes.

Nothing is believed: rows are counted before, and looked for again when all should be gone. What is left is written down
for those who run the installation, and the next run tries again. Rollups stay, as they hold no text; so do held chats.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sqlalchemy import delete, func, or_, select

from app import audit
from app.knowledge import chatbots
from app.privacy import erasing, erasures, holds
from app.privacy.erasures import Wish
from models import Chatbot, ChatSession, db, tenancy
from models.base import Model, change, now

log = logging.getLogger(__name__)

SLICE = 500  # rows per transaction
LOOKED_AT_AGAIN = dt.timedelta(days=1)
STAYS = {"chatbot_hours", "chatbot_days", "erasures"}  # figures, and receipts
_BELOW_CHATS = {"chat_sessions", "chat_history"}


def erase_at_once(chatbot: Chatbot) -> list[int]:
    """Let nothing of a chatbot that is being deleted be kept; return the erasures for the workers. Caller commits."""
    chatbot.chats_until = now()
    return [erasure.id for erasure in erasures.ask(Wish("all", "", (chatbot,)))]


def due_chatbots() -> list[int]:
    """Return the deleted chatbots whose day has come, for the workers: those that are not known to be gone, and once a
    day the others, as something may have come late. Commits.
    """
    deleted = Chatbot.status == "deleted"
    is_new = or_(Chatbot.purged_at.is_(None), Chatbot.purged_at < now() - LOOKED_AT_AGAIN)
    with tenancy.everything():
        for chatbot in db.session.scalars(select(Chatbot).where(deleted, Chatbot.chats_until.is_(None))):
            chatbot.chats_until = chatbots.last_day(chatbot)  # deleted before there was such a day
        db.session.commit()
        due = select(Chatbot.id).where(deleted, Chatbot.chats_until <= now(), is_new)
        return list(db.session.scalars(due.order_by(Chatbot.id)))


def purge(chatbot_id: int) -> None:
    """Delete all below a deleted chatbot, and look whether it is gone; twice is harmless. Commits."""
    with tenancy.everything():
        is_due = Chatbot.status == "deleted", Chatbot.chats_until <= now()
        chatbot = db.session.scalar(select(Chatbot).where(Chatbot.id == chatbot_id, *is_due))
        if chatbot is None:
            return
        before = count_left(chatbot_id)
        left = _clear(chatbot_id) if before else {}
        if before:
            audit.record("chatbot.clear", chatbot, rows=before, left=left)
        chatbot.purged_at = None if left else now()
        db.session.commit()


def _clear(chatbot_id: int) -> dict[str, int]:
    """Delete what is below a chatbot; return what is left of it. Commits as it goes."""
    _erase_chats(chatbot_id)
    for entity in _what_goes():
        _delete_all(entity, chatbot_id)
    left = count_left(chatbot_id)
    if left:
        log.error("chatbot %s was purged, and rows are left: %s", chatbot_id, left)
    return left


def count_left(chatbot_id: int) -> dict[str, int]:
    """Return how many rows of each table lie below a chatbot that should not, once it is purged."""
    chats = select(func.count(ChatSession.id)).where(ChatSession.chatbot_id == chatbot_id, ~holds.is_held())
    counts = {"chat_sessions": db.session.scalar(chats) or 0}
    for entity in _what_goes():
        mine = select(func.count(entity.id)).where(*_going(entity, chatbot_id))
        counts[entity.__tablename__] = db.session.scalar(mine) or 0
    return {table: n for table, n in counts.items() if n}


def _erase_chats(chatbot_id: int) -> None:
    some = select(ChatSession.id).where(ChatSession.chatbot_id == chatbot_id, ~holds.is_held()).limit(erasing.BATCH)
    while ids := list(db.session.scalars(some)):
        erasing.erase(ids)
        db.session.commit()


def _what_goes() -> list[Any]:
    """Return the classes of tables below a chatbot, children first, but those that go and stay with its chats."""
    classes = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
    below = [table for table in reversed(Model.metadata.sorted_tables) if "chatbot_id" in table.c]
    return [classes[table] for table in below if not _hangs_on_chats(table) and table.name not in STAYS]


def _hangs_on_chats(table: Any) -> bool:
    parents = {constraint.referred_table.name for constraint in table.foreign_key_constraints}
    return table.name in _BELOW_CHATS or bool(parents & _BELOW_CHATS)


def _going(entity: Any, chatbot_id: int) -> tuple[Any, ...]:
    """Return the conditions of what goes; what was entered in a chat that is held stays with it."""
    mine = entity.chatbot_id == chatbot_id
    if entity.__tablename__ != "form_submissions":
        return (mine,)
    held = select(ChatSession.id).where(ChatSession.chatbot_id == chatbot_id, holds.is_held())
    return mine, func.coalesce(entity.session_id, 0).not_in(held)


def _delete_all(entity: Any, chatbot_id: int) -> None:
    some = select(entity.id).where(*_going(entity, chatbot_id)).limit(SLICE)
    while ids := list(db.session.scalars(some)):
        change(delete(entity).where(entity.id.in_(ids)))
        db.session.commit()
