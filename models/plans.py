"""What is sold, who bought it, and for which period."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, now, one_of, unique_where
from models.members import Member
from models.tenancy import Commercial, ServiceOwned

STATUSES = ("enabled", "disabled", "deleted")
BILLING_CYCLES = ("monthly", "yearly")
PERIOD_KINDS = ("free", "trial", "paid")
ORDER_STATUSES = ("pending", "activated", "rejected")


class Plan(Table, Timestamped):
    """What is sold. `price` in minor units (cents), `trial_period` in days, `features` are typed limits."""

    __tablename__ = "plans"
    name: Mapped[str] = mapped_column(String(64), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    billing_cycle: Mapped[str] = mapped_column(String(16), default="monthly")
    status: Mapped[str] = mapped_column(String(16), default="enabled")
    trial_period: Mapped[int] = mapped_column(default=0)
    features: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    deleted_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (one_of("status", *STATUSES), one_of("billing_cycle", *BILLING_CYCLES), NEVER_REUSE_IDS)

    def __str__(self) -> str:
        return self.name


class Service(Table, HasUuid, Timestamped):
    """The tenant: what a holder bought. It lives on through renewal, upgrade and transfer.

    `arriving_at`: the last sign of life of the import that brings it; until that has brought all of it, it is as good
    as deleted to everybody.
    """

    __tablename__ = "services"
    name: Mapped[str] = mapped_column(String(120))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), index=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    status: Mapped[str] = mapped_column(String(16), default="enabled")
    is_own: Mapped[bool] = mapped_column(default=False)  # the installation's own: usage counted, never refused
    expired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    model_budget: Mapped[int | None] = mapped_column(BigId)  # a month's for chat models, in millionths
    suspended_for: Mapped[str] = mapped_column(Text, default="", server_default="")  # why staff disabled it
    suspended_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    arriving_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    plan: Mapped[Plan] = relationship(lazy="joined")
    holder: Mapped[Member] = relationship(foreign_keys=[holder_id])
    __table_args__ = (one_of("status", *STATUSES), NEVER_REUSE_IDS)

    @property
    def is_live(self) -> bool:
        """Whether the service works at this moment, whatever a late job may not have done yet."""
        return self.status == "enabled" and (self.expired_at is None or self.expired_at > now())

    @property
    def is_suspended(self) -> bool:
        return self.status == "disabled"

    def __str__(self) -> str:
        return self.name


class Subscription(Table, Commercial):
    """One free, trial or paid period of a service; `terms` are the plan's, copied when it was bought.

    `anchor_at` gives the day on which months and years are counted on: it outlives renewals, so that what began on the
    31st does not slip to the 28th for ever.
    """

    __tablename__ = "user_service_subscribed"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    kind: Mapped[str] = mapped_column(String(8), default="free", server_default="free")
    subscription_date: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    anchor_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, default=now)
    expired_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(16), default="active")
    service: Mapped[Service] = relationship()
    plan: Mapped[Plan] = relationship()
    member: Mapped[Member] = relationship()
    __table_args__ = (
        one_of("status", "active", "canceled", "expired"),
        one_of("kind", *PERIOD_KINDS),
        UniqueConstraint("id", "service_id", name="period_in_service"),
        unique_where("one_active_subscription", "service_id", condition="status = 'active'"),
        NEVER_REUSE_IDS,
    )


class Order(Table, HasUuid, Commercial, Timestamped):
    """A paid period that somebody asked for. Staff activate or reject it; activated, it begins at `starts_at`.

    `period_id` names the period that it became; an activated order without one waits for its day.
    """

    __tablename__ = "orders"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id"), index=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    amount: Mapped[int] = mapped_column()
    currency: Mapped[str] = mapped_column(String(3))
    is_renewal: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(16), default="pending")
    note: Mapped[str] = mapped_column(Text, default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    decided_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    starts_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    anchor_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    period_id: Mapped[int | None] = mapped_column(BigId)
    service: Mapped[Service] = relationship()
    plan: Mapped[Plan] = relationship()
    member: Mapped[Member] = relationship(foreign_keys=[user_id])
    decided_by: Mapped[Member | None] = relationship(foreign_keys=[decided_by_id])
    __table_args__ = (
        ForeignKeyConstraint(
            ["period_id", "service_id"], ["user_service_subscribed.id", "user_service_subscribed.service_id"]
        ),
        one_of("status", *ORDER_STATUSES),
        unique_where("one_pending_order", "service_id", condition="status = 'pending'"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return f"order {self.id}"


class Notice(Table, ServiceOwned, Timestamped):
    """Something that a service's holder is told by mail exactly once: the row is the right to send it.

    `kind` names the mail, `occasion` what it is about: a date, an order, a quota's month.
    """

    __tablename__ = "notices"
    kind: Mapped[str] = mapped_column(String(48))
    occasion: Mapped[str] = mapped_column(String(64))
    __table_args__ = (
        UniqueConstraint("service_id", "kind", "occasion", name="one_notice_per_occasion"),
        NEVER_REUSE_IDS,
    )


class ServiceMember(Table, Commercial, Timestamped):
    """Somebody who is in a service: its holder, or a member of one or more of its workspaces."""

    __tablename__ = "service_members"
    user_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(16), default="member")
    service: Mapped[Service] = relationship()
    member: Mapped[Member] = relationship()
    __table_args__ = (
        one_of("role", "holder", "member"),
        UniqueConstraint("service_id", "user_id", name="one_seat_per_person"),
        NEVER_REUSE_IDS,
    )


class Handover(Table, Commercial, Timestamped):
    """A service that its holder offers to somebody in it: one offer at a time, gone once it is taken or taken back."""

    __tablename__ = "handovers"
    successor_id: Mapped[int] = mapped_column(ForeignKey("ab_user.id", ondelete="CASCADE"), index=True)
    service: Mapped[Service] = relationship()
    successor: Mapped[Member] = relationship()
    __table_args__ = (UniqueConstraint("service_id", name="one_offer_at_a_time"), NEVER_REUSE_IDS)


class UsageCounter(Table, ServiceOwned):
    """What has been counted against a quota of a service in one period."""

    __tablename__ = "usage_counters"
    metric: Mapped[str] = mapped_column(String(48))
    period_start: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(default=0)
    __table_args__ = (
        UniqueConstraint("service_id", "metric", "period_start", name="one_counter_per_period"),
        NEVER_REUSE_IDS,
    )
