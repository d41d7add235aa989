"""Rollups: what visitors asked, counted by the hour and by the day. They hold no text of anybody's, and outlive it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSE_IDS, BigId, Table, one_of
from models.tenancy import ChatbotOwned

PARTS = ("page", "domain", "language", "document", "cluster", "response")


def _below_chatbot() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
    )


class ChatbotHour(Table, ChatbotOwned):
    """What happened at one chatbot in one hour of UTC, so that the days of any time zone can be made of them.

    `hour` counts from 1970; `cost` in millionths, as far as it is known.
    """

    __tablename__ = "chatbot_hours"
    hour: Mapped[int] = mapped_column()
    n_sessions: Mapped[int] = mapped_column(default=0)
    n_visitors: Mapped[int] = mapped_column(default=0)
    n_questions: Mapped[int] = mapped_column(default=0)
    n_grounded: Mapped[int] = mapped_column(default=0)
    n_curated: Mapped[int] = mapped_column(default=0)
    n_refused: Mapped[int] = mapped_column(default=0)
    n_error: Mapped[int] = mapped_column(default=0)
    n_positive: Mapped[int] = mapped_column(default=0)
    n_neutral: Mapped[int] = mapped_column(default=0)
    n_negative: Mapped[int] = mapped_column(default=0)
    n_submissions: Mapped[int] = mapped_column(default=0)
    n_handoffs: Mapped[int] = mapped_column(default=0)
    cost: Mapped[int] = mapped_column(BigId, default=0)
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("chatbot_id", "hour", name="one_row_per_chatbot_and_hour"),
        NEVER_REUSE_IDS,
    )


class ChatbotDay(Table, ChatbotOwned):
    """Of one chatbot's day by UTC, how much falls to one page, website, language, document, cluster or response time.

    `kind` is one of PARTS; `key` the path of a page, else an id, a language's code or a bucket's number. `n` counts
    questions, of documents the answers that cite them; `n_answered` those of them that were answered.
    """

    __tablename__ = "chatbot_days"
    day: Mapped[dt.date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(12))
    key: Mapped[str] = mapped_column(String(300))
    n: Mapped[int] = mapped_column(default=0)
    n_answered: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("chatbot_id", "kind", "day", "key", name="one_row_per_part_and_day"),
        Index("chatbot_days_by_kind", "service_id", "kind", "chatbot_id", "day", "key", "n", "n_answered"),
        one_of("kind", *PARTS),
        NEVER_REUSE_IDS,
    )
