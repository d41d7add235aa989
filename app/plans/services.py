"""Opening a service, and giving it up: what a holder bought, its first period, and its first workspace."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from app import audit
from app.languages import gettext as _
from app.languages import in_english
from app.plans import periods
from app.plans.catalog import copy_terms
from app.plans.periods import alone_with, alone_with_holder
from app.refusals import Refusal
from app.wording import words
from models import Member, Order, Plan, Service, ServiceMember, Subscription, Workspace, db, tenancy
from models.base import now

MAX_DAYS = 366  # by which staff extend a service at once
MAX_WAITING = 5  # services of one holder that wait to be paid for: each is an order on the desk of staff


class ServiceError(Refusal):
    """A service can't be opened, changed or given up; the message says why and what to do."""


def first_workspace(service: Service) -> Workspace:
    """Return the workspace that a new service begins with, named in the language of whoever opens it."""
    return Workspace(name=_("Main"), service=service)


def _add_service(holder: Member, plan: Plan, name: str, *, is_own: bool = False) -> tuple[Service, Workspace]:
    """Add a service, its holder's seat and its first workspace. It lies in nobody's scope yet: all is open for this."""
    with tenancy.everything():
        service = Service(name=name.strip()[:120] or "Service", plan=plan, holder=holder, is_own=is_own)
        db.session.add(service)
        db.session.flush()
        workspace = first_workspace(service)
        db.session.add_all([ServiceMember(service=service, member=holder, role="holder"), workspace])
        db.session.flush()
        audit.record("service.open", service)
        db.session.flush()
        return service, workspace


def add_period(service: Service, holder: Member, plan: Plan, kind: str, ends: dt.datetime | None) -> None:
    """Let a period of a plan run from now on, to a moment or without end. The caller commits."""
    moment = now()
    with tenancy.everything():
        service.expired_at = ends
        period = Subscription(
            service=service, member=holder, plan=plan, terms=copy_terms(plan), kind=kind,
            subscription_date=moment, anchor_at=moment, expired_at=ends,
        )  # fmt: skip
        db.session.add(period)
        db.session.flush()


def grant(holder: Member, plan: Plan, name: str, *, is_own: bool = False) -> tuple[Service, Workspace]:
    """Open a service that nobody pays for and that has no end: the installation's own, the demo's. Caller commits."""
    service, workspace = _add_service(holder, plan, name, is_own=is_own)
    add_period(service, holder, plan, "paid", None)
    return service, workspace


def open_service(holder: Member, plan: Plan, name: str) -> tuple[Service, Workspace]:
    """Open a service that starts at once: free, or on trial. The caller commits.

    Raises:
        ServiceError: the plan has to be ordered, or the holder has had a free or trial service.
    """
    if not periods.starts_free(plan):
        raise ServiceError(
            _("The plan %(name)s is ordered; it starts when the order is activated.", name=words(plan.name))
        )
    with alone_with_holder(holder.id):
        if periods.had_free_start(holder.id):
            raise ServiceError(_("One free or trial service for each person: order this plan instead."))
        service, workspace = _add_service(holder, plan, name)
        ends = now() + dt.timedelta(days=plan.trial_period) if plan.price else None
        add_period(service, holder, plan, "trial" if plan.price else "free", ends)
        return service, workspace


def open_waiting(holder: Member, plan: Plan, name: str) -> tuple[Service, Workspace]:
    """Open a service that works once its order is activated. The caller orders and commits.

    Raises:
        ServiceError: too many of the holder's services wait for that already.
    """
    with alone_with_holder(holder.id):
        waiting = select(func.count(Order.id)).where(Order.user_id == holder.id, Order.status == "pending")
        if (db.session.scalar(waiting) or 0) >= MAX_WAITING:
            raise ServiceError(
                _("You have %(most)s orders that wait to be paid: pay one of them first.", most=MAX_WAITING)
            )
        service, workspace = _add_service(holder, plan, name)
        service.expired_at = service.created_at
        db.session.flush()
        return service, workspace


def cancel(service: Service) -> dt.datetime | None:
    """Give a service up: it works until its paid period or trial ends, a free one ends now. Return when.

    Orders that wait are withdrawn. The caller commits.

    Raises:
        ServiceError: it has ended already, or it is the installation's own.
    """
    if service.is_own:
        raise ServiceError(_("The installation's own service can't be canceled."))
    with alone_with(service.id):
        period = periods.find_current(service.id)
        if period is None or period.status == "canceled":
            raise ServiceError(_("This service is canceled or expired already."))
        period.status = "canceled"
        if period.expired_at is None:
            period.expired_at = service.expired_at = now()
        _withdraw_orders(service.id)
        db.session.flush()
        return period.expired_at


def resume(service: Service) -> None:
    """Take a cancellation back, as long as the period runs. The caller commits.

    Raises:
        ServiceError: it is not canceled, or has ended.
    """
    with alone_with(service.id):
        period = periods.find_current(service.id)
        if period is None or period.status != "canceled":
            raise ServiceError(_("Only a canceled service whose period still runs can be resumed."))
        period.status = "active"
        db.session.flush()


def _withdraw_orders(service_id: int) -> None:
    waiting = select(Order).where(Order.service_id == service_id, Order.status == "pending")
    for order in db.session.scalars(waiting):
        order.status, order.note, order.decided_at = "rejected", in_english("withdrawn with the cancellation"), now()


def extend(service: Service, days: int) -> dt.datetime:
    """Let a running or just ended trial or period last longer; staff do it. Return the new end. The caller commits.

    Raises:
        ServiceError: it has no end to move, or the number of days makes no sense.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ServiceError(_("Extend by 1 to %(most)s days.", most=MAX_DAYS))
    with alone_with(service.id):
        last = select(Subscription).where(Subscription.service_id == service.id).order_by(Subscription.id.desc())
        period = db.session.scalars(last.limit(1)).first()
        if period is None or period.expired_at is None:
            raise ServiceError(_("This service has no end to move."))
        ends = max(period.expired_at, now()) + dt.timedelta(days=days)
        period.expired_at = service.expired_at = ends
        period.status = "active"
        db.session.flush()
        return ends
