"""Exports that are prepared as files, and those that come by the clock."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, now, one_of
from models.members import Member
from models.plans import Service
from models.tenancy import ServiceOwned

if TYPE_CHECKING:
    from models.webhooks import ScheduleListener

EXPORT_STATES = ("waiting", "writing", "ready", "failed", "expired")
UNFINISHED_EXPORTS = EXPORT_STATES[:2]
SCHEDULES = ("daily", "weekly")


class _WantedHistory(ServiceOwned):
    """What a file is to hold, and for whom: `asked` are the parameters of a filter's address, read in `time_zone`."""

    member_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    per: Mapped[str] = mapped_column(String(8), default="message")
    format: Mapped[str] = mapped_column(String(8), default="csv")
    columns: Mapped[list[str]] = mapped_column(JSON, default=list)
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")


class ExportSchedule(Table, HasUuid, _WantedHistory, Timestamped):
    """A file that is made every day or week of what is new; `position` is the cursor behind the last one."""

    __tablename__ = "export_schedules"
    every: Mapped[str] = mapped_column(String(8), default="weekly")
    status: Mapped[str] = mapped_column(String(16), default="active")
    position: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    error: Mapped[str] = mapped_column(String(500), default="")  # why it was paused, or did not succeed last
    member: Mapped[Member] = relationship()
    service: Mapped[Service] = relationship()
    listener: Mapped[ScheduleListener | None] = relationship(back_populates="schedule", passive_deletes="all")
    __table_args__ = (
        UniqueConstraint("id", "service_id", name="schedule_in_service"),
        Index("schedules_by_turn", "status", "due_at"),
        one_of("every", *SCHEDULES),
        one_of("status", "active", "paused"),
        one_of("per", "message", "session"),
        one_of("format", "csv", "xlsx", "jsonl"),
        NEVER_REUSE_IDS,
    )


class Export(Table, HasUuid, _WantedHistory, Timestamped):
    """One file, for one member. `fence` is the number of the writer that may finish it, older ones may not.

    `workspace_ids` are those whose chats it holds.
    """

    __tablename__ = "exports"
    schedule_id: Mapped[int | None] = mapped_column(BigId, index=True)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    n_rows: Mapped[int] = mapped_column(default=0)
    n_expected: Mapped[int | None] = mapped_column()
    size_bytes: Mapped[int | None] = mapped_column(BigId)
    fence: Mapped[int] = mapped_column(default=0)
    heartbeat_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str] = mapped_column(String(500), default="")
    workspace_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    expires_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)
    member: Mapped[Member] = relationship()
    service: Mapped[Service] = relationship(overlaps="service")
    schedule: Mapped[ExportSchedule | None] = relationship(overlaps="service")
    __table_args__ = (
        ForeignKeyConstraint(
            ["schedule_id", "service_id"], ["export_schedules.id", "export_schedules.service_id"], ondelete="CASCADE"
        ),
        Index("export_in_service", "id", "service_id", unique=True),
        Index("exports_by_turn", "state", "heartbeat_at"),
        one_of("state", *EXPORT_STATES),
        one_of("per", "message", "session"),
        one_of("format", "csv", "xlsx", "jsonl"),
        NEVER_REUSE_IDS,
    )

    @property
    def is_offered(self) -> bool:
        """Whether the file is there to be fetched, at this moment."""
        return self.state == "ready" and self.expires_at is not None and self.expires_at > now()

    @property
    def place(self) -> str:
        """Return the key of its file in the storage: each writer has a place of its own."""
        return f"exports/{self.service_id}/{self.uuid}-{self.fence}.{self.format}"

    @property
    def file_name(self) -> str:
        return f"chat-history-{self.created_at:%Y-%m-%d}-{uuid.UUID(str(self.uuid)).hex[:8]}.{self.format}"
