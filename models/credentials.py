"""What proves that somebody is who they say beside their password: devices they signed in on, and a second factor."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, now
from models.members import Member
from models.tenancy import PersonOwned


class Device(Table, HasUuid, PersonOwned, Timestamped):
    """One browser that a person is signed in with. The cookie names it; without the row the cookie is worth nothing."""

    __tablename__ = "devices"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    browser: Mapped[str] = mapped_column(String(64), default="")  # family and system alone: "Firefox on Linux"
    network: Mapped[str] = mapped_column(String(64), default="")  # the address shortened to /24 or /48
    last_seen_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    __table_args__ = (NEVER_REUSE_IDS,)


class SecondFactor(Table, PersonOwned, Timestamped):
    """A person's authenticator (TOTP, RFC 6238). Counts once `confirmed_at` is set; a code's step works once."""

    __tablename__ = "second_factors"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    secret: Mapped[str] = mapped_column(Text)  # sealed, see app/sealing.py
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_step: Mapped[int] = mapped_column(BigId, default=0)
    member: Mapped[Member] = relationship()
    __table_args__ = (NEVER_REUSE_IDS,)


class RecoveryCode(Table, PersonOwned):
    """One of the codes for when the authenticator is lost; only its hash is kept, and it works once."""

    __tablename__ = "recovery_codes"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (UniqueConstraint("user_id", "code_hash", name="one_code_of_a_kind"), NEVER_REUSE_IDS)
