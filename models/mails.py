"""Mails on their way: written in the transaction of their cause, sent by the scheduler."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSE_IDS, Table, Timestamped, UtcDateTime, one_of


class OutgoingMail(Table, Timestamped):
    """One mail. Its words and seed are emptied once it is sent; `due_at` is when it is tried next."""

    __tablename__ = "outgoing_mails"
    template: Mapped[str] = mapped_column(String(48))
    recipient: Mapped[str] = mapped_column(String(320))
    page: Mapped[str] = mapped_column(String(200), default="")
    seed: Mapped[str] = mapped_column(String(64), default="")
    words: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    invitation_id: Mapped[int | None] = mapped_column(ForeignKey("invitations.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(500), default="")
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        one_of("state", "waiting", "sent", "failed"),
        Index("mails_by_turn", "state", "due_at"),
        NEVER_REUSE_IDS,
    )
