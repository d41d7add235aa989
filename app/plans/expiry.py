"""What time does to services: reminders, renewals, ends. A job does it; rights and quotas go by the clock alone."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import or_, select, update

from app.plans import notices, orders, periods
from app.plans.services import ServiceError
from models import Order, Service, Subscription, db, tenancy
from models.base import change, now

log = logging.getLogger(__name__)

REMIND_DAYS = (1, 7)
RENEW_DAYS = 14  # so long before its end a paid period is offered for renewal


def apply_time() -> None:
    """Bring rows to what the clock says. Twice is harmless; a run that is cut off is finished by the next."""
    with tenancy.everything():
        for step in (_begin_what_is_due, _mark_expired, _offer_renewals, _remind):
            step()
            db.session.commit()


def _begin_what_is_due() -> None:
    due = select(Order.service_id).where(
        Order.status == "activated", Order.period_id.is_(None), Order.starts_at <= now()
    )
    for service_id in db.session.scalars(due).all():
        periods.find_current(service_id)
        db.session.commit()


def _mark_expired() -> None:
    over = update(Subscription).where(Subscription.status != "expired", Subscription.expired_at <= now())
    change(over.values(status="expired"))


def _ending_within(days: int) -> list[Service]:
    moment = now()
    query = select(Service).where(
        Service.status == "enabled", Service.expired_at > moment,
        Service.expired_at <= moment + dt.timedelta(days=days),
    )  # fmt: skip
    return list(db.session.scalars(query.order_by(Service.id)))


def _offer_renewals() -> None:
    """Order the next period of what is paid and not canceled, and send its invoice; staff activate it once paid."""
    for service in _ending_within(RENEW_DAYS):
        period = periods.find_current(service.id)
        if period is None or period.kind != "paid" or period.status != "active":
            continue
        coming = select(Order.id).where(
            Order.service_id == service.id, or_(Order.status == "pending", Order.starts_at >= now())
        )
        if db.session.scalar(coming.limit(1)) is None:
            _renew(service, period)


def _renew(service: Service, period: Subscription) -> None:
    try:
        orders.order(service, period.plan, period.user_id, is_renewal=True)
    except ServiceError as error:
        log.info("service %s is not renewed: %s", service.id, error)
    db.session.commit()


def _remind() -> None:
    """Note one mail seven days and one the day before a service ends; of both at once only the nearer."""
    for service in _ending_within(max(REMIND_DAYS)):
        if service.expired_at is None:
            continue
        left = service.expired_at - now()
        days = next(days for days in REMIND_DAYS if left <= dt.timedelta(days=days))
        period = periods.find_current(service.id)
        kind = "trial_ends" if period is not None and period.kind == "trial" else "service_ends"
        kept = periods.kept_until(service) or service.expired_at
        ends = service.expired_at.date()
        notices.add(service.id, kind, f"{ends}-{days}", ends=ends, kept=kept.date())
