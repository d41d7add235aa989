"""Keys with which programs use the API, where each one opens, and the replies that are kept for repeated requests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, now, one_of
from models.members import Member
from models.tenancy import ServiceOwned, WorkspaceOwned
from models.workspaces import Workspace

KEY_RIGHTS = ("write", "read", "basics")  # what each means: app/accounts/keys.py


class ServiceKey(Table, HasUuid, ServiceOwned, Timestamped):
    """A key of the API. `token_hash` is the SHA-256 of the key, `hint` its beginning, by which people tell it apart.

    `max_per_minute`: how many requests it may send; None: as many as the plan allows.
    """

    __tablename__ = "service_keys"
    name: Mapped[str] = mapped_column(String(80))
    rights: Mapped[str] = mapped_column(String(8))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    max_per_minute: Mapped[int | None] = mapped_column()
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"), index=True)
    expired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    maker: Mapped[Member | None] = relationship()
    places: Mapped[list[ServiceKeyPlace]] = relationship(order_by="ServiceKeyPlace.id", passive_deletes=True)
    __table_args__ = (
        UniqueConstraint("id", "service_id", name="key_in_service"),
        one_of("rights", *KEY_RIGHTS),
        NEVER_REUSE_IDS,
    )

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return "revoked"
        is_over = self.expired_at is not None and self.expired_at <= now()
        return "expired" if is_over else "active"

    def __str__(self) -> str:
        return self.name


class ServiceKeyPlace(Table, WorkspaceOwned):
    """One workspace that a key opens."""

    __tablename__ = "service_key_places"
    key_id: Mapped[int] = mapped_column(BigId, index=True)
    workspace: Mapped[Workspace] = relationship(overlaps="places")
    __table_args__ = (
        ForeignKeyConstraint(
            ["key_id", "service_id"], ["service_keys.id", "service_keys.service_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("key_id", "workspace_id", name="one_place_per_workspace"),
        NEVER_REUSE_IDS,
    )


class ApiReply(Table, ServiceOwned, Timestamped):
    """What a request with an idempotency key was answered; written in the transaction of what it did.

    `request_hash` tells the same request from another one that was sent under its name.
    """

    __tablename__ = "api_replies"
    key_id: Mapped[int] = mapped_column(BigId)
    idempotency_key: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column()
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    __table_args__ = (
        ForeignKeyConstraint(
            ["key_id", "service_id"], ["service_keys.id", "service_keys.service_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("key_id", "idempotency_key", name="one_reply_per_request"),
        NEVER_REUSE_IDS,
    )
