"""Groups inside a service, the people in them, and invitations on their way."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, HasUuid, Table, Timestamped, UtcDateTime, now, one_of, unique_where
from models.mails import OutgoingMail
from models.members import Member
from models.plans import Service
from models.tenancy import ServiceOwned, WorkspaceOwned

WORKSPACE_ROLES = ("owner", "admin", "user")


class Workspace(Table, HasUuid, ServiceOwned, Timestamped):
    """A group of a service: people, domains and chatbots live in it."""

    __tablename__ = "workspaces"
    name: Mapped[str] = mapped_column(String(120))
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    service: Mapped[Service] = relationship()
    __table_args__ = (
        UniqueConstraint("id", "service_id", name="workspace_in_service"),
        unique_where("one_workspace_of_a_name", "service_id", "name", condition="deleted_at IS NULL"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return self.name


class WorkspaceMember(Table, WorkspaceOwned, Timestamped):
    """Somebody's role in one workspace."""

    __tablename__ = "workspace_members"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16))
    workspace: Mapped[Workspace] = relationship(overlaps="service")
    member: Mapped[Member] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("workspace_id", "user_id", name="one_role_per_workspace"),
        one_of("role", *WORKSPACE_ROLES),
        NEVER_REUSE_IDS,
    )


class Invitation(Table, HasUuid, WorkspaceOwned, Timestamped):
    """A seat that was offered by e-mail. `token_hash` is the SHA-256 of the link's token.

    It lies in its first workspace; `further_places` maps the ids of others of the same service to the role there.
    """

    __tablename__ = "invitations"
    email: Mapped[str] = mapped_column(String(320))
    role: Mapped[str] = mapped_column(String(16), default="user")
    further_places: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    expired_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    workspace: Mapped[Workspace] = relationship(overlaps="service")
    invited_by: Mapped[Member | None] = relationship()
    mails: Mapped[list[OutgoingMail]] = relationship(order_by=OutgoingMail.id, viewonly=True)
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"], ondelete="CASCADE"
        ),
        one_of("role", *WORKSPACE_ROLES),
        one_of("status", "pending", "accepted", "revoked"),
        unique_where("one_pending_invitation", "service_id", "email", condition="status = 'pending'"),
        NEVER_REUSE_IDS,
    )

    @property
    def places(self) -> dict[int, str]:
        """Return every workspace that the invitation opens, with the role there. (What is kept in JSON is checked.)"""
        kept = {int(key): role for key, role in self.further_places.items() if key.isdecimal()}
        return {**{key: role for key, role in kept.items() if role in WORKSPACE_ROLES}, self.workspace_id: self.role}

    @property
    def state(self) -> str:
        """Return what people read of it: pending and not open any more is expired."""
        return self.status if self.status != "pending" or self.is_open else "expired"

    @property
    def is_open(self) -> bool:
        return self.status == "pending" and self.expired_at > now()
