"""Orders: how a paid period begins. A buyer orders, pays an invoice, and staff activate with one action."""

from __future__ import annotations

import datetime as dt
from typing import Protocol

from sqlalchemy import func, select, update

from app.languages import gettext as _
from app.languages import in_english, in_millionths
from app.mail import Money
from app.plans import notices, periods
from app.plans.calendar import MONTHS, next_anniversary
from app.plans.catalog import copy_terms
from app.plans.periods import alone_with
from app.plans.services import ServiceError
from models import Order, Plan, Service, Subscription, db
from models.base import change, now


class Payment(Protocol):
    """How an order is paid. `request` asks the buyer for the money; staff activate when it has come."""

    def request(self, order: Order) -> None: ...


class InvoiceByMail:
    """Payment by invoice: the buyer is mailed what to pay; the mail names the order's number."""

    def request(self, order: Order) -> None:
        words = {"order": str(order.id), "plan": order.terms["plan"], "renews": "yes" if order.is_renewal else ""}
        price = Money(in_millionths(order.amount, order.currency), order.currency)
        notices.add(order.service_id, "invoice", f"order-{order.id}", **words, price=price)


PAYMENT: Payment = InvoiceByMail()


def order(service: Service, plan: Plan, buyer_id: int, *, is_renewal: bool = False) -> Order:
    """Order a paid period of a plan; an order that still waits is replaced. The caller commits.

    Raises:
        ServiceError: the plan is not on offer, costs nothing, or the service is the installation's own.
    """
    if service.is_own or service.status != "enabled":
        raise ServiceError(_("Nothing can be ordered for this service."))
    if plan.status != "enabled" or plan.deleted_at is not None:
        raise ServiceError(_("This plan is no longer on offer."))
    if plan.price == 0:
        raise ServiceError(_("A free plan is not ordered."))
    with alone_with(service.id):
        _replace_waiting(service.id)
        current = periods.find_current(service.id)
        if current is not None and current.status == "canceled":
            current.status = "active"  # who orders takes a cancellation back
        db.session.flush()
        made = Order(
            service_id=service.id, user_id=buyer_id, plan_id=plan.id, terms=copy_terms(plan), amount=plan.price,
            currency=plan.currency, is_renewal=is_renewal,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        PAYMENT.request(made)
        return made


def _replace_waiting(service_id: int) -> None:
    waiting = select(Order).where(Order.service_id == service_id, Order.status == "pending")
    for earlier in db.session.scalars(waiting):
        earlier.status, earlier.note, earlier.decided_at = "rejected", in_english("replaced by a new order"), now()


def _take(order_id: int, status: str, staff_id: int | None, note: str) -> bool:
    """Decide an order once: of two clicks in one moment exactly one wins."""
    deciding = update(Order).where(Order.id == order_id, Order.status == "pending")
    values = {"status": status, "decided_by_id": staff_id, "decided_at": now(), "note": note[:2000]}
    return bool(change(deciding.values(values)))


def activate(order: Order, staff_id: int | None) -> Order:
    """Activate an order: its period begins now, or when the paid one that runs has ended. The caller commits.

    A larger plan begins at once; the same or a smaller one follows what is paid already.

    Raises:
        ServiceError: somebody has decided on it already.
    """
    with alone_with(order.service_id):
        if not _take(order.id, "activated", staff_id, ""):
            raise ServiceError(_("This order was decided on already."))
        db.session.refresh(order)
        current = periods.find_current(order.service_id)
        _schedule(order, current)
        service = db.session.scalars(select(Service).where(Service.id == order.service_id)).one()
        if order.starts_at is not None and order.starts_at <= now():
            periods.begin(order)
        service.expired_at = order.ends_at
        db.session.flush()
        notices.add(order.service_id, "activated", f"order-{order.id}", plan=order.terms["plan"])
        return order


def _follows(order: Order, current: Subscription | None) -> bool:
    """Tell whether an order's period waits for the end of the one that runs."""
    if current is None or current.kind != "paid" or current.expired_at is None:
        return False
    return bool(order.amount <= current.terms.get("price", 0))


def _schedule(order: Order, current: Subscription | None) -> None:
    if current is not None and _follows(order, current):
        order.starts_at, order.anchor_at = current.expired_at, current.anchor_at
    else:
        order.starts_at = order.anchor_at = now()
    start, anchor = order.starts_at, order.anchor_at
    if start is not None and anchor is not None:
        order.ends_at = _end_of(start, anchor, order.terms["billing_cycle"])


def _end_of(start: dt.datetime, anchor: dt.datetime, billing_cycle: str) -> dt.datetime:
    return next_anniversary(anchor, start, MONTHS[billing_cycle])


def reject(order: Order, staff_id: int | None, reason: str) -> Order:
    """Reject an order with a reason that the buyer reads. The caller commits.

    Raises:
        ServiceError: no reason, or somebody has decided on it already.
    """
    if not reason.strip():
        raise ServiceError(_("Say why: the buyer reads it."))
    if not _take(order.id, "rejected", staff_id, reason.strip()):
        raise ServiceError(_("This order was decided on already."))
    db.session.refresh(order)
    words = {"plan": order.terms["plan"], "reason": reason.strip()[:2000]}
    notices.add(order.service_id, "rejected", f"order-{order.id}", **words)
    return order


def count_pending() -> int:
    """Return how many orders wait for staff."""
    return int(db.session.scalar(select(func.count(Order.id)).where(Order.status == "pending")) or 0)
