"""What is counted of an embed: how often pages showed it, and what was refused."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSE_IDS, BigId, Table, UtcDateTime, now
from models.tenancy import ChatbotOwned


def _today() -> dt.date:
    return now().date()


def _below_embed() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["embed_id", "service_id", "chatbot_id"],
        ["embeds.id", "embeds.service_id", "embeds.chatbot_id"],
        ondelete="CASCADE",
    )


class EmbedDay(Table, ChatbotOwned):
    """How often pages asked for the widget on one day (UTC); a browser asks once a minute at most."""

    __tablename__ = "embed_days"
    embed_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[dt.date] = mapped_column(default=_today)
    n_loads: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        _below_embed(),
        UniqueConstraint("embed_id", "day", name="one_row_per_embed_and_day"),
        NEVER_REUSE_IDS,
    )


class EmbedRefusal(Table, ChatbotOwned):
    """How often an embed was refused on one day for one reason, and to which origin; "" stands for many others."""

    __tablename__ = "embed_refusals"
    embed_id: Mapped[int] = mapped_column(BigId)
    day: Mapped[dt.date] = mapped_column(default=_today, index=True)
    reason: Mapped[str] = mapped_column(String(32))
    origin: Mapped[str] = mapped_column(String(300), default="")
    n_refused: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (
        _below_embed(),
        UniqueConstraint("embed_id", "day", "reason", "origin", name="one_row_per_refusal_and_day"),
        NEVER_REUSE_IDS,
    )
