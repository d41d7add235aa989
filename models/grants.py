"""Leave to look at a customer's service, as somebody who runs the installation takes it: for a reason, for a while."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, HasUuid, Table, UtcDateTime, now
from models.members import Member
from models.plans import Service
from models.tenancy import Commercial


class ActingGrant(Table, HasUuid, Commercial):
    """One look of one person at one service. It opens nothing once it has ended or expired, by the clock alone."""

    __tablename__ = "acting_grants"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    started_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    service: Mapped[Service] = relationship()
    member: Mapped[Member] = relationship()
    __table_args__ = (NEVER_REUSE_IDS,)
