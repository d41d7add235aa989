"""Chatbots, the domains of a service, and embeds: one chatbot on one domain."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, one_of, unique_where
from models.members import Member
from models.plans import STATUSES, Service
from models.tenancy import ChatbotOwned, ServiceOwned, WorkspaceOwned
from models.workspaces import Workspace

CHATBOT_TYPES = (
    "sales", "support", "onboarding", "feedback", "booking", "e-commerce", "internal_assistant", "knowledge_base",
    "marketing", "event", "education", "healthcare", "entertainment", "news", "custom",
)  # fmt: skip
MAX_NAME = 120  # characters
TRAINING_STATUSES = ("empty", "due", "training", "ready", "failed")
HOLDS = ("", "worse", "rollback")  # a golden question got worse, or the owner went back to an older generation
HOSTED_PAGE = "hosted-page.invalid"  # stands for our page that holds a chatbot; RFC 2606: nobody can own that name

_PORT = text("coalesce(port, 0)")  # an empty port is equal to no other one in a unique index


class Domain(Table, HasUuid, ServiceOwned, Timestamped):
    """A website host of a service. `internal` ones are this installation's own pages: the preview, the hosted page."""

    __tablename__ = "domains"
    scheme: Mapped[str] = mapped_column(String(8), default="https")
    domain: Mapped[str] = mapped_column(String(255))
    port: Mapped[int | None] = mapped_column()
    internal: Mapped[bool] = mapped_column(default=False)
    verified: Mapped[bool] = mapped_column(default=False)
    last_checked: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16), default="active")
    with_subdomains: Mapped[bool] = mapped_column(default=False, server_default=false())
    proven_by: Mapped[str | None] = mapped_column(String(8))  # the way by which its proof was found last
    due_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, index=True)  # when that is looked for again
    failing_since: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    n_failures: Mapped[int] = mapped_column(default=0, server_default="0")  # looks in a row that found it gone
    claimed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # proven while another service holds the host
    holds_host: Mapped[bool] = mapped_column(default=False, server_default=false())  # for its service, on all schemes
    is_kept: Mapped[bool] = mapped_column(default=False, server_default=false())  # to the workspaces of its grants
    service: Mapped[Service] = relationship()
    __table_args__ = (
        UniqueConstraint("id", "service_id", name="domain_in_service"),
        Index("one_domain_of_a_place", "service_id", "scheme", "domain", _PORT, unique=True),
        unique_where("one_holder_of_a_domain", "scheme", "domain", _PORT, condition="verified AND NOT internal"),
        unique_where("one_service_of_a_host", "domain", condition="holds_host"),
        one_of("status", "active", "inactive"),
        one_of("scheme", "http", "https"),
        NEVER_REUSE_IDS,
    )  # fmt: skip

    @property
    def origin(self) -> str:
        """Return what a browser on this domain sends in `Origin`: scheme, host, and an unusual port."""
        return f"{self.scheme}://{self.domain}" + (f":{self.port}" if self.port else "")

    @property
    def is_preview(self) -> bool:
        return self.internal and self.domain != HOSTED_PAGE

    def __str__(self) -> str:
        if self.internal:
            return "Preview" if self.is_preview else "Hosted page"
        return self.origin


class DomainGrant(Table, WorkspaceOwned):
    """A workspace that may use a domain which is kept to some; the others see nothing of it."""

    __tablename__ = "domain_grants"
    domain_id: Mapped[int] = mapped_column(BigId, index=True)
    __table_args__ = (
        ForeignKeyConstraint(["domain_id", "service_id"], ["domains.id", "domains.service_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"], ondelete="CASCADE"
        ),
        UniqueConstraint("domain_id", "workspace_id", name="one_grant_per_workspace"),
        NEVER_REUSE_IDS,
    )


class Chatbot(Table, HasUuid, WorkspaceOwned, Timestamped):
    """One configured bot. `version` counts published generations; `generation_id` points at the one that answers."""

    __tablename__ = "chatbots"
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(MAX_NAME))
    description: Mapped[str] = mapped_column(Text, default="")
    type: Mapped[str] = mapped_column(String(24), default="support")
    status: Mapped[str] = mapped_column(String(16), default="enabled")
    training_status: Mapped[str] = mapped_column(String(16), default="empty")
    last_trained: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    changed_count: Mapped[int] = mapped_column(default=0)  # raised by every change of its knowledge
    published_count: Mapped[int] = mapped_column(default=0)  # the change that the current generation holds
    training_fence: Mapped[int] = mapped_column(default=0)  # the youngest training's number: older ones may not publish
    training_heartbeat_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    held_for: Mapped[str] = mapped_column(String(16), default="")  # why what is new is not published: see HOLDS
    held_count: Mapped[int] = mapped_column(default=0)  # the change that was built and held back
    held_golden: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # as in `Generation.golden`
    holds_worse: Mapped[bool] = mapped_column(default=False)  # don't publish if a golden question gets worse
    accepts_worse: Mapped[bool] = mapped_column(default=False)  # but this once
    pending: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # causes of the next generation
    suspended_for: Mapped[str] = mapped_column(Text, default="", server_default="")  # why staff stopped it
    suspended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    chats_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # of a deleted one: when all of it is erased
    purged_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # when nothing of it was found any more
    vector_engine: Mapped[str] = mapped_column(String(16), default="faiss", server_default="faiss")  # of what is built
    generation_id: Mapped[int | None] = mapped_column(BigId)  # no foreign key: the two tables would form a circle
    workspace: Mapped[Workspace] = relationship(overlaps="service")
    owner: Mapped[Member | None] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"]),
        UniqueConstraint("id", "service_id", name="chatbot_in_service"),
        one_of("type", *CHATBOT_TYPES),
        one_of("status", *STATUSES),
        one_of("training_status", *TRAINING_STATUSES),
        one_of("held_for", *HOLDS),
        NEVER_REUSE_IDS,
    )

    @property
    def is_suspended(self) -> bool:
        """Whether staff have stopped it; `status` is its owner's own switch."""
        return bool(self.suspended_for)

    def __str__(self) -> str:
        return self.name


class Embed(Table, HasUuid, ChatbotOwned, Timestamped):
    """One chatbot on one domain of the same service; its uuid stands in the embed code."""

    __tablename__ = "embeds"
    domain_id: Mapped[int] = mapped_column(BigId, index=True)
    status: Mapped[str] = mapped_column(String(16), default="active")
    max_questions_a_minute: Mapped[int | None] = mapped_column()  # beside what the plan allows
    max_questions_a_day: Mapped[int | None] = mapped_column()
    tells_refusals: Mapped[bool] = mapped_column(default=True, server_default=true())  # by mail, once a day
    tells_daily: Mapped[bool] = mapped_column(default=False, server_default=false())  # also if nothing was refused
    last_seen_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)  # when a page showed the widget
    last_seen_page: Mapped[str] = mapped_column(Text, default="", server_default="")  # and which, as it says itself
    chatbot: Mapped[Chatbot] = relationship(overlaps="domain")
    domain: Mapped[Domain] = relationship(overlaps="chatbot")
    __table_args__ = (
        ForeignKeyConstraint(["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"),
        ForeignKeyConstraint(["domain_id", "service_id"], ["domains.id", "domains.service_id"], ondelete="CASCADE"),
        UniqueConstraint("chatbot_id", "domain_id", name="one_embed_per_domain"),
        Index("embed_in_chatbot", "id", "service_id", "chatbot_id", unique=True),
        one_of("status", "active", "inactive"),
        NEVER_REUSE_IDS,
    )
