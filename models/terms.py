"""The terms of the installation, each version as it was written, and who has accepted which."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, Table, Timestamped, UtcDateTime, now
from models.members import Member
from models.tenancy import PersonOwned


class Terms(Table, Timestamped):
    """One version of the terms. Its text never changes: people have accepted that. Withdrawn, the one before counts."""

    __tablename__ = "terms"
    version: Mapped[str] = mapped_column(String(32), unique=True)
    text: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    written_by: Mapped[Member | None] = relationship()
    __table_args__ = (NEVER_REUSE_IDS,)

    def __str__(self) -> str:
        return self.version


class TermsAcceptance(Table, PersonOwned):
    """That somebody accepted a version, and when."""

    __tablename__ = "terms_acceptances"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id", ondelete="CASCADE"), index=True)
    accepted_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    member: Mapped[Member] = relationship()
    terms: Mapped[Terms] = relationship()
    __table_args__ = (UniqueConstraint("user_id", "terms_id", name="one_acceptance_of_a_version"), NEVER_REUSE_IDS)
