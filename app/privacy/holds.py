"""Legal holds: a chat that is needed as evidence is deleted by nobody, until the hold is taken off."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app.languages import gettext as _
from app.refusals import Refusal
from models import ChatSession, LegalHold, db
from models.base import now

MAX_LISTED = 100


def is_held() -> ColumnElement[bool]:
    """Return the condition that a chat session is held."""
    return select(LegalHold.id).where(LegalHold.session_id == ChatSession.id).exists()


def find(chat: ChatSession) -> LegalHold | None:
    return db.session.scalar(select(LegalHold).where(LegalHold.session_id == chat.id))


def hold(chat: ChatSession, reason: str, by_id: int | None) -> LegalHold:
    """Keep a chat whatever its time, its owner or its visitor say. The caller commits.

    Raises:
        Refusal: it is held already, or no reason was given.
    """
    reason = " ".join(reason.split())[:500]
    if not reason:
        raise Refusal(_("Say why this chat has to be kept."))
    if find(chat) is not None:
        raise Refusal(_("This chat is held already."))
    held = LegalHold(
        service_id=chat.service_id, chatbot_id=chat.chatbot_id, session_id=chat.id, reason=reason, held_by_id=by_id
    )
    db.session.add(held)
    db.session.flush()
    return held


def release(held: LegalHold) -> None:
    """Take a hold off. What is left of a deleted chatbot is looked at again: this chat may go now. Caller commits."""
    held.chat_session.chatbot.purged_at = None
    db.session.delete(held)


def note_wish(held: LegalHold) -> None:
    """Note that the visitor wants their chat erased: done once the hold is off. The caller commits."""
    held.wished_at = held.wished_at or now()


def list_holds(chatbot_id: int) -> list[LegalHold]:
    """Return the holds on a chatbot's chats, those first whose visitors wait."""
    query = select(LegalHold).where(LegalHold.chatbot_id == chatbot_id).options(joinedload(LegalHold.chat_session))
    return list(db.session.scalars(query.order_by(LegalHold.wished_at.is_(None), LegalHold.id).limit(MAX_LISTED)))
