"""The periods of a service: which one runs now, by the clock alone, whatever a late job may not have done yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import or_, select, update

from app.plans.calendar import start_of_month
from app.plans.features import BY_NAME
from models import Member, Order, Plan, Service, Subscription, db, tenancy
from models.base import change, now

MAX_GRACE_DAYS = 36_500  # a century: a plan may promise more, a date can't say it


@contextmanager
def alone_with(service_id: int) -> Iterator[None]:
    """Hold a service's row until the transaction ends: whoever counts and then adds is alone in that moment.

    An UPDATE that changes nothing locks the row on PostgreSQL and begins a write on SQLite.
    """
    with tenancy.everything(), db.session.no_autoflush:
        holding = update(Service).where(Service.id == service_id).values(status=Service.status)
        change(holding)
        yield


@contextmanager
def alone_with_holder(member_id: int) -> Iterator[None]:
    """Hold a person's row in the same way: their services are counted, and one more is opened, by one request."""
    with tenancy.everything(), db.session.no_autoflush:
        change(update(Member).where(Member.id == member_id).values(status=Member.status))
        yield


def find_current(service_id: int) -> Subscription | None:
    """Return the period that runs at this moment; None once the last one has ended."""
    moment = now()
    query = select(Subscription).where(
        Subscription.service_id == service_id,
        Subscription.status != "expired",
        Subscription.subscription_date <= moment,
        or_(Subscription.expired_at.is_(None), Subscription.expired_at > moment),
    )
    with tenancy.everything():
        found = db.session.scalar(query.order_by(Subscription.id.desc()).limit(1))
        return found or _begin_due(service_id, moment)


def _due_order(service_id: int, moment: dt.datetime) -> Order | None:
    query = select(Order).where(
        Order.service_id == service_id, Order.status == "activated", Order.period_id.is_(None),
        Order.starts_at <= moment,
    )  # fmt: skip
    return db.session.scalar(query.order_by(Order.id.desc()).limit(1))


def _begin_due(service_id: int, moment: dt.datetime) -> Subscription | None:
    """Begin the period that was activated ahead of its day. The caller commits."""
    if _due_order(service_id, moment) is None:
        return None
    with alone_with(service_id):
        order = _due_order(service_id, moment)  # somebody else may have begun it in the same moment
        return begin(order) if order is not None else None


def begin(order: Order) -> Subscription:
    """Turn an activated order into the running period; the one before ends. A cancellation of it is kept."""
    status = "canceled" if _is_canceled(order.service_id) else "active"
    close_all(order.service_id)
    period = Subscription(
        status=status,
        service_id=order.service_id, user_id=order.user_id, plan_id=order.plan_id, terms=dict(order.terms), kind="paid",
        subscription_date=order.starts_at, anchor_at=order.anchor_at, expired_at=order.ends_at,
    )  # fmt: skip
    db.session.add(period)
    db.session.flush()
    order.period_id = period.id
    service = db.session.scalars(select(Service).where(Service.id == order.service_id)).one()
    service.plan_id = order.plan_id
    db.session.flush()
    return period


def _is_canceled(service_id: int) -> bool:
    live = (Subscription.service_id == service_id, Subscription.status == "canceled")
    return db.session.scalar(select(Subscription.id).where(*live).limit(1)) is not None


def close_all(service_id: int) -> None:
    """Mark a service's periods as expired; one that would have run on ends at this moment."""
    db.session.flush()
    moment = now()
    live = (Subscription.service_id == service_id, Subscription.status != "expired")
    running = or_(Subscription.expired_at.is_(None), Subscription.expired_at > moment)
    change(update(Subscription).where(*live, running).values(expired_at=moment))
    change(update(Subscription).where(*live).values(status="expired"))
    db.session.expire_all()


def features_of(service: Service) -> dict[str, Any] | None:
    """Return the limits that a service bought; None for the installation's own: counted, never refused.

    A service without a running period has no room for anything. A limit that is younger than what was bought counts
    as in the smallest plan.
    """
    if service.is_own:
        return None
    period = find_current(service.id)
    if period is None:
        return {}
    bought: dict[str, Any] = period.terms.get("features", {})
    return {name: feature.default for name, feature in BY_NAME.items()} | bought


def grace_days(service: Service) -> int:
    """Return how many days nothing of a service is deleted once it has ended, by the terms of its last period."""
    last = select(Subscription.terms).where(Subscription.service_id == service.id).order_by(Subscription.id.desc())
    with tenancy.everything():
        terms = db.session.scalar(last.limit(1)) or {}
    days: int = terms.get("features", {}).get("grace_days", BY_NAME["grace_days"].default)
    return min(days, MAX_GRACE_DAYS)


def kept_until(service: Service) -> dt.datetime | None:
    """Return until when nothing of a service is deleted that ended: the end, and its grace days."""
    if service.expired_at is None:
        return None
    return service.expired_at + dt.timedelta(days=grace_days(service))


def month_start(service: Service) -> dt.datetime:
    """Return when the service's month began: quotas of a month are counted from there, so no job resets them."""
    period = find_current(service.id)
    anchor = (period.anchor_at or period.subscription_date) if period is not None else service.created_at
    return start_of_month(anchor, now())


def had_free_start(member_id: int) -> bool:
    """Tell whether somebody holds or held a free or trial service: one for each holder."""
    query = select(Subscription.id).where(Subscription.user_id == member_id, Subscription.kind.in_(("free", "trial")))
    with tenancy.everything():
        return db.session.scalar(query.limit(1)) is not None


def starts_free(plan: Plan) -> bool:
    """Tell whether a plan begins without an order: it costs nothing, or has a trial."""
    return plan.price == 0 or plan.trial_period > 0
