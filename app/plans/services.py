"""Opening a service: what a holder bought, its first period, and its first workspace."""

from __future__ import annotations

import datetime as dt
from typing import Any

from models import Member, Plan, Service, ServiceMember, Subscription, Workspace, db
from models.base import now

FIRST_WORKSPACE = "Main"


def _terms_of(plan: Plan) -> dict[str, Any]:
    """Copy what was bought: a later change of the plan never touches it."""
    return {
        "plan": plan.name,
        "price": plan.price,
        "currency": plan.currency,
        "billing_cycle": plan.billing_cycle,
        "features": dict(plan.features),
    }


def _end_of_first_period(plan: Plan, *, is_own: bool) -> dt.datetime | None:
    if is_own or plan.price == 0 or not plan.trial_period:
        return None
    return now() + dt.timedelta(days=plan.trial_period)


def open_service(holder: Member, plan: Plan, name: str, *, is_own: bool = False) -> tuple[Service, Workspace]:
    """Add a service with its active period, its holder's seat and workspace Main; the caller commits."""
    ends = _end_of_first_period(plan, is_own=is_own)
    service = Service(name=name, plan=plan, holder=holder, is_own=is_own, expired_at=ends)
    db.session.add(service)
    db.session.flush()
    period = Subscription(service=service, member=holder, plan=plan, terms=_terms_of(plan), expired_at=ends)
    workspace = Workspace(name=FIRST_WORKSPACE, service=service)
    db.session.add_all([period, ServiceMember(service=service, member=holder, role="holder"), workspace])
    db.session.flush()
    return service, workspace
