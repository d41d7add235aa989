"""What somebody has begun with: who has no chatbot, or none that was ever asked, has nothing to look through yet."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlalchemy import Engine, select

from models import Chatbot, ChatSession, db, tenancy
from models.tenancy import Scope

CHATBOT, CHAT = "chatbot", "chat"
MAX_KNOWN = 10_000
# who have both, as far as this process knows: they are not looked for again in that database
_settled: WeakKeyDictionary[Engine, set[Scope]] = WeakKeyDictionary()


def begun_by(scope: Scope) -> set[str]:
    """Return which of `CHATBOT` and `CHAT` there is in a scope, in two queries at most."""
    settled = _settled.setdefault(db.engine, set())
    if scope in settled:
        return {CHATBOT, CHAT}
    with tenancy.use(scope):
        chatbot = db.session.scalar(select(Chatbot.id).where(Chatbot.status != "deleted").limit(1))
        chat = db.session.scalar(select(ChatSession.id).limit(1)) if chatbot else None
    if chat is None:
        return {CHATBOT} if chatbot else set()
    if len(settled) >= MAX_KNOWN:
        settled.clear()
    settled.add(scope)
    return {CHATBOT, CHAT}
