"""The audit trail: append-only, who did what to which row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, Table, Timestamped
from models.keys import ServiceKey
from models.members import Member


class AuditEvent(Table, Timestamped):
    """Who did what, on which row. `changes` never holds a secret; `service_id` is empty for the installation itself.

    `changes` maps a field to its value, or to [before, after] where it was changed. `label` is what the row was called.
    Neither service, workspace nor API key is a foreign key: the trail outlives what it tells of.
    """

    __tablename__ = "audit_events"
    service_id: Mapped[int | None] = mapped_column(BigId, index=True)
    workspace_id: Mapped[int | None] = mapped_column(BigId, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    acting_as_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    key_id: Mapped[int | None] = mapped_column(BigId)  # the API key by which the actor did it
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(120), default="")
    label: Mapped[str] = mapped_column(String(120), default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    network: Mapped[str] = mapped_column(String(64), default="")
    actor: Mapped[Member | None] = relationship(foreign_keys=[actor_id])
    acting_as: Mapped[Member | None] = relationship(foreign_keys=[acting_as_id])
    key: Mapped[ServiceKey | None] = relationship(
        primaryjoin="AuditEvent.key_id == ServiceKey.id", foreign_keys=[key_id], viewonly=True
    )
    __table_args__ = (NEVER_REUSE_IDS,)
