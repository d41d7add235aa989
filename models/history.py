"""Chat sessions, their messages, and the citations that were shown with them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, UtcDateTime, index_where, now, one_of
from models.chatbots import Chatbot, Domain
from models.tenancy import ChatbotOwned, ChatOwned

ANSWER_STATES = ("grounded", "curated", "refused", "error")
MAX_LAST_QUESTION = 200


def _rare(name: str, condition: str) -> Index:
    """Find the few sessions of a service that something happened in, without reading all the others."""
    return Index(name, "service_id", "started_at", "id", sqlite_where=text(condition), postgresql_where=text(condition))


class ChatSession(Table, HasUuid, ChatbotOwned):
    """A visitor's dialogue. It stays readable when its embed or domain is gone.

    From `language` on, columns sum up its messages, so that lists read no message: app/history/summary.py keeps them.
    """

    __tablename__ = "chat_sessions"
    domain_id: Mapped[int | None] = mapped_column(BigId, index=True)
    embed_id: Mapped[int | None] = mapped_column(BigId)
    origin: Mapped[str] = mapped_column(Text, default="")
    page: Mapped[str] = mapped_column(Text, default="")
    resume_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    last_message_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    consented_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # where the owner asks for consent
    visitor: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # as the owner's server signed it
    handed_over_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # to a person
    visitor_hash: Mapped[str | None] = mapped_column(String(32))  # app/history/anonymous.py makes it
    browser: Mapped[str] = mapped_column(String(40), default="", server_default="")  # family and system alone
    language: Mapped[str] = mapped_column(String(8), default="")  # of its first question; empty before there is one
    n_questions: Mapped[int] = mapped_column(default=0)
    last_question: Mapped[str] = mapped_column(String(MAX_LAST_QUESTION), default="")  # its beginning
    n_grounded: Mapped[int] = mapped_column(default=0)
    n_curated: Mapped[int] = mapped_column(default=0)
    n_refused: Mapped[int] = mapped_column(default=0)
    n_error: Mapped[int] = mapped_column(default=0)
    n_positive: Mapped[int] = mapped_column(default=0)
    n_neutral: Mapped[int] = mapped_column(default=0)
    n_negative: Mapped[int] = mapped_column(default=0)
    n_submissions: Mapped[int] = mapped_column(default=0)
    slowest_ms: Mapped[int | None] = mapped_column()  # of its answers
    cost: Mapped[int | None] = mapped_column(BigId)  # in millionths; None: unknown, or no chat model was asked
    summary_due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, default=now)  # not summed up since then
    uncounted: Mapped[bool | None] = mapped_column(default=True)  # None: the rollups hold it
    chatbot: Mapped[Chatbot] = relationship()
    domain: Mapped[Domain | None] = relationship(
        primaryjoin="ChatSession.domain_id == Domain.id", foreign_keys=[domain_id]
    )
    messages: Mapped[list[Message]] = relationship(
        back_populates="chat_session", order_by="Message.id", passive_deletes=True, overlaps="chatbot"
    )
    __table_args__ = (
        ForeignKeyConstraint(["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"),
        UniqueConstraint("id", "service_id", "chatbot_id", name="chat_session_in_chatbot"),
        Index("chat_sessions_by_time", "chatbot_id", "last_message_at"),
        Index("sessions_of_service", "service_id", "started_at", "id", "chatbot_id", "slowest_ms"),
        Index("sessions_of_language", "service_id", "language", "started_at", "id"),
        Index("sessions_of_page", "service_id", "page"),
        Index("sessions_of_chatbot", "chatbot_id", "started_at", "id"),
        Index("sessions_of_domain", "domain_id", "started_at", "id"),
        _rare("sessions_with_errors", "n_error > 0"),
        _rare("sessions_disliked", "n_negative > 0"),
        _rare("sessions_with_submissions", "n_submissions > 0"),
        _rare("sessions_handed_over", "handed_over_at IS NOT NULL"),
        Index(
            "sessions_to_sum_up",
            "summary_due_at",
            sqlite_where=text("summary_due_at IS NOT NULL"),
            postgresql_where=text("summary_due_at IS NOT NULL"),
        ),
        index_where("sessions_by_visitor", "visitor_hash", "chatbot_id", condition="visitor_hash IS NOT NULL"),
        NEVER_REUSE_IDS,
    )


class Message(Table, HasUuid, ChatOwned):
    """One turn. `response_time` in milliseconds; a bot message answers `question_id` and carries its answer state."""

    __tablename__ = "chat_history"
    domain_id: Mapped[int | None] = mapped_column(BigId)
    session_id: Mapped[int] = mapped_column(BigId, index=True)
    type: Mapped[str] = mapped_column(String(8))
    message: Mapped[str] = mapped_column(Text)
    standalone: Mapped[str | None] = mapped_column(Text)  # of a question that leaned on earlier ones: as understood
    feedback: Mapped[str | None] = mapped_column(String(16))
    feedback_comment: Mapped[str] = mapped_column(Text, default="")
    response_time: Mapped[int | None] = mapped_column()
    timestamp: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    question_id: Mapped[int | None] = mapped_column(BigId)
    idempotency_key: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str | None] = mapped_column(String(16))
    finish: Mapped[str | None] = mapped_column(String(16))  # pending, complete, stopped
    chat_model: Mapped[str | None] = mapped_column(String(120))  # None: the extractive reader
    tokens_in: Mapped[int | None] = mapped_column()
    tokens_out: Mapped[int | None] = mapped_column()
    first_token_ms: Mapped[int | None] = mapped_column()
    cost: Mapped[int | None] = mapped_column(BigId)  # of the chat model, in millionths; None: unknown, or none asked
    input_price: Mapped[int | None] = mapped_column(BigId)  # of a million tokens, as it was then
    output_price: Mapped[int | None] = mapped_column(BigId)
    evidence: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    uncounted: Mapped[bool | None] = mapped_column(default=True)  # None: the rollups hold it as it is
    counted_as: Mapped[str | None] = mapped_column(String(16))  # with which feedback; empty: with none
    chat_session: Mapped[ChatSession] = relationship(back_populates="messages", overlaps="messages")
    citations: Mapped[list[Citation]] = relationship(  # read by the message alone: by all of its key SQLite goes astray
        back_populates="bot_message", order_by="Citation.n", passive_deletes=True,
        primaryjoin="Message.id == foreign(Citation.message_id)", overlaps="bot_message",
    )  # fmt: skip
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "service_id", "chatbot_id"],
            ["chat_sessions.id", "chat_sessions.service_id", "chat_sessions.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("id", "service_id", "chatbot_id", name="message_in_chatbot"),
        UniqueConstraint("session_id", "type", "idempotency_key", name="one_turn_per_key"),
        Index("messages_by_time", "type", "timestamp"),  # of the whole installation: what staff see of each day
        Index("messages_of_service", "service_id", "timestamp", "id"),
        Index("messages_of_chatbot", "chatbot_id", "timestamp", "id"),
        index_where("messages_uncounted", "id", condition="uncounted IS NOT NULL"),
        index_where("answers_under_way", "id", condition="finish = 'pending'"),
        one_of("type", "bot", "client"),
        one_of("feedback", "positive", "neutral", "negative", nullable=True),
        one_of("state", *ANSWER_STATES, nullable=True),
        one_of("finish", "pending", "complete", "stopped", nullable=True),
        NEVER_REUSE_IDS,
    )


class Citation(Table, ChatOwned):
    """What a visitor was shown as proof: a snapshot, so that history survives a re-index and a deleted source."""

    __tablename__ = "citations"
    message_id: Mapped[int] = mapped_column(BigId, index=True)
    n: Mapped[int] = mapped_column()
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    locator: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    quote: Mapped[str] = mapped_column(Text)
    chunk_id: Mapped[int | None] = mapped_column(BigId)  # where it came from; the chunk may be gone
    bot_message: Mapped[Message] = relationship(back_populates="citations")
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "service_id", "chatbot_id"],
            ["chat_history.id", "chat_history.service_id", "chat_history.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("message_id", "n", name="one_citation_per_number"),
        NEVER_REUSE_IDS,
    )
