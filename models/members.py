"""People who can sign in: FAB's `ab_user`, extended, with what belongs to one person alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.base import NEVER_REUSE_IDS, Table, Timestamped, UtcDateTime, now, one_of
from models.tenancy import PersonOwned

SUPERADMIN, STAFF, SUPPORT, MEMBER = "Superadmin", "Staff", "Support", "Member"
PLATFORM_ROLES = (SUPERADMIN, STAFF, SUPPORT, MEMBER)


class Member(User):
    """A person who can sign in. `status` is the one truth behind FAB's `active`; the e-mail is the sign-in name."""

    status: Mapped[str] = mapped_column(String(16), default="enabled", server_default="enabled")
    verified: Mapped[bool] = mapped_column(default=False, server_default="0")
    session_version: Mapped[int] = mapped_column(default=1, server_default="1")
    password_is_given: Mapped[bool] = mapped_column(default=False, server_default="0")  # somebody else knows it
    suspended_for: Mapped[str] = mapped_column(Text, default="", server_default="")  # why staff shut them out
    suspended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)

    @validates("status")
    def _follow_status(self, _key: str, status: str) -> str:
        self.active = status == "enabled"
        return status

    @validates("email")
    def _sign_in_by_email(self, _key: str, email: str) -> str:
        self.username = email.strip().lower()
        return self.username

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_active(self) -> bool:
        return self.status == "enabled" and bool(self.active)

    @property
    def is_suspended(self) -> bool:
        """Whether staff have shut the person out; who has not confirmed an address yet is disabled, too."""
        return self.status == "disabled" and self.verified

    @property
    def platform_role(self) -> str:
        """Return the strongest platform role that the person has."""
        held = {role.name for role in self.roles}
        return next((role for role in PLATFORM_ROLES if role in held), MEMBER)

    def get_id(self) -> str:
        """Return what the cookie carries: raising the version signs every device out."""
        return f"{self.id}.{self.session_version}"

    def __repr__(self) -> str:
        return self.name


Member.__table__.append_constraint(one_of("status", "enabled", "disabled", "deleted"))


class Verification(Table, PersonOwned, Timestamped):
    """One link sent by mail; `verification_link` holds the hash of its token, never the token.

    `email` is the new address that a link of the purpose "email" proves.
    """

    __tablename__ = "user_verification"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[str] = mapped_column(String(16), default="verify")
    verification_link: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str | None] = mapped_column(String(320))
    password: Mapped[str | None] = mapped_column(String(256))  # the hash that this sign-up chose, and no other one's
    expired_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    member: Mapped[Member] = relationship()
    __table_args__ = (one_of("purpose", "verify", "reset", "email"), NEVER_REUSE_IDS)


class Profile(Table, PersonOwned):
    """What a person tells about themselves: time zone, language."""

    __tablename__ = "profiles"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), unique=True)
    meta_data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    member: Mapped[Member] = relationship()
    __table_args__ = (NEVER_REUSE_IDS,)
