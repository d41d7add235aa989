"""Whole websites as sources: how each is crawled, and what became of every URL of it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import JSON, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, Table, Timestamped, UtcDateTime, one_of
from models.knowledge import Source
from models.tenancy import ChatbotOwned

SCHEDULES = ("manual", "monthly", "weekly", "daily")
PHASES = ("due", "crawling", "previewed", "awaiting_consent", "consented", "settled")
OUTCOMES = ("added", "changed", "unchanged", "removed", "skipped", "failed")


def _below_source() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["source_id", "service_id", "chatbot_id"],
        ["chatbot_data.id", "chatbot_data.service_id", "chatbot_data.chatbot_id"],
        ondelete="CASCADE",
    )


class Website(Table, ChatbotOwned, Timestamped):
    """How a source of kind website is crawled, and where its latest crawl stands; the source holds its state.

    A crawl writes drafts that nobody sees; it is `settled` when they took the place of the pages before.
    """

    __tablename__ = "websites"
    source_id: Mapped[int] = mapped_column(BigId, unique=True)
    include: Mapped[list[str]] = mapped_column(JSON, default=list)
    exclude: Mapped[list[str]] = mapped_column(JSON, default=list)
    max_pages: Mapped[int | None] = mapped_column()  # beside what the plan allows
    schedule: Mapped[str] = mapped_column(String(8), default="manual")
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    phase: Mapped[str] = mapped_column(String(16), default="due")
    is_preview: Mapped[bool] = mapped_column(default=False)
    is_canceled: Mapped[bool] = mapped_column(default=False)
    has_consent: Mapped[bool] = mapped_column(default=False)  # to drop as many pages as it takes
    n_crawls: Mapped[int] = mapped_column(default=0)  # the latest crawl's number
    settled_crawl: Mapped[int] = mapped_column(default=0)  # the number of the one that the documents are from
    home_url: Mapped[str] = mapped_column(Text, default="")  # where the start address led to
    robots: Mapped[str | None] = mapped_column(Text)  # robots.txt as the crawl under way read it
    current_url: Mapped[str] = mapped_column(Text, default="")
    n_requests: Mapped[int] = mapped_column(default=0)
    n_bytes: Mapped[int] = mapped_column(BigId, default=0)
    n_embedded: Mapped[int] = mapped_column(default=0)
    stop_reason: Mapped[str] = mapped_column(Text, default="")  # why the crawl ended before its end
    started_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[Source] = relationship()
    __table_args__ = (
        _below_source(),
        one_of("schedule", *SCHEDULES),
        one_of("phase", *PHASES),
        NEVER_REUSE_IDS,
    )


class WebPage(Table, ChatbotOwned, Timestamped):
    """One URL of a website and what its latest visit came to. `taken`: a live document stands for it."""

    __tablename__ = "web_pages"
    source_id: Mapped[int] = mapped_column(BigId)
    url: Mapped[str] = mapped_column(Text)
    depth: Mapped[int] = mapped_column(default=0)  # clicks from the start page
    taken: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    n_chunks: Mapped[int] = mapped_column(default=0)
    etag: Mapped[str | None] = mapped_column(String(256))
    last_modified: Mapped[str | None] = mapped_column(String(256))
    body_hash: Mapped[str] = mapped_column(String(64), default="")
    text_hash: Mapped[str] = mapped_column(String(64), default="")
    same_as: Mapped[str] = mapped_column(Text, default="")  # the URL that stands for this one
    misses: Mapped[int] = mapped_column(default=0)  # visits in a row that found nothing there
    seen_in: Mapped[int] = mapped_column(default=0)  # number of the latest crawl that visited it; 0: none yet
    __table_args__ = (
        _below_source(),
        UniqueConstraint("source_id", "url", name="one_page_per_url"),
        Index("web_pages_by_outcome", "source_id", "outcome"),
        one_of("outcome", *OUTCOMES, nullable=True),
        NEVER_REUSE_IDS,
    )
