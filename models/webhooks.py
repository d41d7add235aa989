"""Addresses of owners' own systems that are told what happens in chatbots, and what is on its way to them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, one_of
from models.chatbots import Chatbot
from models.exports import Export, ExportSchedule
from models.history import ChatSession, Message
from models.knowledge import Source
from models.leads import Submission
from models.plans import Service
from models.tenancy import PerhapsChatbotOwned, ServiceOwned, WorkspaceOwned
from models.workspaces import Workspace

EVENTS = ("session", "refused", "form", "handoff", "trained", "source_failed")  # what each is: app/webhooks/events.py
EXPORTED, TEST = "exported", "test"  # told to whom a schedule names, and to whom somebody tries out
REACHES = ("chatbot", "workspaces", "service")


def _below(table: str, column: str) -> ForeignKeyConstraint:
    """Let a row go with what it is about, which lies below the same chatbot."""
    keys = [f"{table}.{name}" for name in ("id", "service_id", "chatbot_id")]
    return ForeignKeyConstraint([column, "service_id", "chatbot_id"], keys, ondelete="CASCADE")


def _in_service(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column, "service_id"], [f"{table}.id", f"{table}.service_id"], ondelete="CASCADE")


class Webhook(Table, HasUuid, PerhapsChatbotOwned, Timestamped):
    """An address that is told of some EVENTS. `sealed_secret` signs what is sent, sealed with the installation's key.

    `reach` says in which chatbots: in one, in those of some workspaces (`places`), or in all of the service, also later
    ones. The secret before signs too until `secret_before_until`, so that the receiver can be changed in peace.
    """

    __tablename__ = "webhooks"
    reach: Mapped[str] = mapped_column(String(16), default="chatbot", server_default="chatbot")
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(JSON, default=list)
    sealed_secret: Mapped[str] = mapped_column(Text)
    sealed_secret_before: Mapped[str | None] = mapped_column(Text)
    secret_before_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16), default="active")
    failing_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # no try has succeeded since
    service: Mapped[Service] = relationship()
    chatbot: Mapped[Chatbot | None] = relationship(overlaps="service")
    places: Mapped[list[WebhookPlace]] = relationship(order_by="WebhookPlace.id", passive_deletes="all")
    __table_args__ = (
        _in_service("chatbots", "chatbot_id"),
        UniqueConstraint("id", "service_id", name="webhook_in_service"),
        one_of("reach", *REACHES),
        one_of("status", "active", "inactive"),
        CheckConstraint("(reach = 'chatbot') = (chatbot_id IS NOT NULL)", name="chatbot_where_it_reaches_one"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return self.url


class WebhookPlace(Table, WorkspaceOwned):
    """One workspace of whose chatbots a webhook is told."""

    __tablename__ = "webhook_places"
    webhook_id: Mapped[int] = mapped_column(BigId, index=True)
    workspace: Mapped[Workspace] = relationship(overlaps="places")
    __table_args__ = (
        _in_service("webhooks", "webhook_id"),
        _in_service("workspaces", "workspace_id"),
        UniqueConstraint("webhook_id", "workspace_id", name="one_place_of_a_webhook"),
        NEVER_REUSE_IDS,
    )


class ScheduleListener(Table, ServiceOwned):
    """The webhook that is told of the files of a schedule."""

    __tablename__ = "export_listeners"
    schedule_id: Mapped[int] = mapped_column(BigId, unique=True)
    webhook_id: Mapped[int] = mapped_column(BigId, index=True)
    schedule: Mapped[ExportSchedule] = relationship(back_populates="listener")
    webhook: Mapped[Webhook] = relationship(overlaps="listener,schedule")
    __table_args__ = (
        _in_service("export_schedules", "schedule_id"),
        _in_service("webhooks", "webhook_id"),
        NEVER_REUSE_IDS,
    )


class Delivery(Table, HasUuid, PerhapsChatbotOwned, Timestamped):
    """One event on its way to one webhook; `due_at` is when it is tried next.

    It names what it is about and holds no copy: what is erased meanwhile is told to nobody.
    """

    __tablename__ = "webhook_deliveries"
    webhook_id: Mapped[int] = mapped_column(BigId, index=True)
    event: Mapped[str] = mapped_column(String(16))
    submission_id: Mapped[int | None] = mapped_column(BigId, index=True)
    session_id: Mapped[int | None] = mapped_column(BigId, index=True)
    message_id: Mapped[int | None] = mapped_column(BigId, index=True)
    source_id: Mapped[int | None] = mapped_column(BigId, index=True)
    export_id: Mapped[int | None] = mapped_column(BigId, index=True)
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # of a training: what no row keeps
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    status_code: Mapped[int | None] = mapped_column()
    error: Mapped[str] = mapped_column(String(500), default="")
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    webhook: Mapped[Webhook] = relationship()
    chatbot: Mapped[Chatbot | None] = relationship(overlaps="webhook")
    submission: Mapped[Submission | None] = relationship(overlaps="chatbot,webhook")
    chat_session: Mapped[ChatSession | None] = relationship(overlaps="chatbot,submission,webhook")
    message: Mapped[Message | None] = relationship(overlaps="chat_session,chatbot,submission,webhook")
    source: Mapped[Source | None] = relationship(overlaps="chat_session,chatbot,message,submission,webhook")
    export: Mapped[Export | None] = relationship(overlaps="chat_session,chatbot,message,source,submission,webhook")
    __table_args__ = (
        _in_service("chatbots", "chatbot_id"),
        _in_service("webhooks", "webhook_id"),
        _in_service("exports", "export_id"),
        _below("form_submissions", "submission_id"),
        _below("chat_sessions", "session_id"),
        _below("chat_history", "message_id"),
        _below("chatbot_data", "source_id"),
        one_of("event", *EVENTS, EXPORTED, TEST),
        one_of("state", "waiting", "delivered", "failed"),
        Index("deliveries_by_turn", "state", "due_at"),
        NEVER_REUSE_IDS,
    )
