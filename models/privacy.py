"""How long chats are kept, which are kept longer for the law, and what was erased or redacted at somebody's wish."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, one_of, unique_where
from models.chatbots import Chatbot
from models.history import ChatSession
from models.members import Member
from models.tenancy import ChatbotOwned

ERASURE_KINDS = ("visitor", "email", "words", "session", "all", "domain")


def _below_chatbot() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
    )


class Retention(Table, ChatbotOwned):
    """For how many days a chatbot's chats are kept at present (None: for ever), and a shorter time that is to come."""

    __tablename__ = "retentions"
    days: Mapped[int | None] = mapped_column()
    next_days: Mapped[int | None] = mapped_column()
    next_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (_below_chatbot(), UniqueConstraint("chatbot_id", name="one_retention"), NEVER_REUSE_IDS)


class LegalHold(Table, ChatbotOwned, Timestamped):
    """Why a chat is not deleted, and who said so. `wished_at`: the visitor has asked to have it erased meanwhile."""

    __tablename__ = "legal_holds"
    session_id: Mapped[int] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(500))
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    wished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chat_session: Mapped[ChatSession] = relationship()
    held_by: Mapped[Member | None] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "service_id", "chatbot_id"],
            ["chat_sessions.id", "chat_sessions.service_id", "chat_sessions.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("session_id", name="one_hold_of_a_session"),
        NEVER_REUSE_IDS,
    )


class Erasure(Table, HasUuid, ChatbotOwned, Timestamped):
    """Chats that somebody wants gone: what they are found by (emptied once it is done), and how many went."""

    __tablename__ = "erasures"
    kind: Mapped[str] = mapped_column(String(16))
    sought: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    n_sessions: Mapped[int] = mapped_column(default=0)
    n_messages: Mapped[int] = mapped_column(default=0)
    n_submissions: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chatbot: Mapped[Chatbot] = relationship()
    asked_by: Mapped[Member | None] = relationship()
    __table_args__ = (
        _below_chatbot(),
        one_of("kind", *ERASURE_KINDS),
        one_of("state", "waiting", "done"),
        NEVER_REUSE_IDS,
    )


class Redaction(Table, ChatbotOwned, Timestamped):
    """A wish that earlier chats be redacted: those up to `until_id`, of which all up to `seen_id` are done."""

    __tablename__ = "redactions"
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    until_id: Mapped[int] = mapped_column(BigId)
    seen_id: Mapped[int] = mapped_column(BigId, default=0)
    n_expected: Mapped[int] = mapped_column(default=0)  # chats, when it was asked for
    n_seen: Mapped[int] = mapped_column(default=0)
    n_changed: Mapped[int] = mapped_column(default=0)
    n_held: Mapped[int] = mapped_column(default=0)  # chats that are kept for the law, and as they were
    finished_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chatbot: Mapped[Chatbot] = relationship()
    asked_by: Mapped[Member | None] = relationship()
    __table_args__ = (
        _below_chatbot(),
        one_of("state", "waiting", "done"),
        unique_where("one_redaction_at_a_time", "chatbot_id", condition="state = 'waiting'"),
        NEVER_REUSE_IDS,
    )
