"""What somebody has begun with: who has no chatbot, or none that was ever asked, has nothing to look through yet."""

from __future__ import annotations

from sqlalchemy import select

from models import Chatbot, ChatSession, db, tenancy
from models.tenancy import Scope

CHATBOT, CHAT = "chatbot", "chat"
MAX_KNOWN = 10_000
_settled: set[Scope] = set()  # who have both, as far as this process knows: they are not looked for again


def begun_by(scope: Scope) -> set[str]:
    """Return which of `CHATBOT` and `CHAT` there is in a scope, in two queries at most."""
    if scope in _settled:
        return {CHATBOT, CHAT}
    with tenancy.use(scope):
        chatbot = db.session.scalar(select(Chatbot.id).where(Chatbot.status != "deleted").limit(1))
        chat = db.session.scalar(select(ChatSession.id).limit(1)) if chatbot else None
    if chat is None:
        return {CHATBOT} if chatbot else set()
    if len(_settled) >= MAX_KNOWN:
        _settled.clear()
    _settled.add(scope)
    return {CHATBOT, CHAT}
