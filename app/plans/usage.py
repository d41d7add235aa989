"""Counting what is used against the quotas of a service, safely under parallel requests."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from models import Service, Subscription, UsageCounter, db
from models.base import change, now


def _period_start(moment: dt.datetime) -> dt.datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _ensure_counter(service_id: int, metric: str, start: dt.datetime) -> None:
    wanted = select(UsageCounter.id).filter_by(service_id=service_id, metric=metric, period_start=start)
    if db.session.scalar(wanted) is None:
        try:
            with db.session.begin_nested():
                db.session.add(UsageCounter(service_id=service_id, metric=metric, period_start=start, count=0))
        except IntegrityError:
            pass  # somebody else made it in the same moment


def limit_of(service: Service, metric: str) -> int | None:
    """Return the quota that was bought; None: counted, never refused (the installation's own service)."""
    if service.is_own:
        return None
    bought = select(Subscription).where(Subscription.service_id == service.id, Subscription.status == "active")
    period = db.session.scalar(bought)
    limit: int = (period.terms if period else {}).get("features", {}).get(metric, 0)
    return limit


def reserve(service: Service, metric: str) -> bool:
    """Count one use if the quota still has room: one guarded UPDATE, safe in a race. The caller commits."""
    start = _period_start(now())
    _ensure_counter(service.id, metric, start)
    counting = update(UsageCounter).where(
        UsageCounter.service_id == service.id, UsageCounter.metric == metric, UsageCounter.period_start == start
    )
    limit = limit_of(service, metric)
    if limit is not None:
        counting = counting.where(UsageCounter.count < limit)
    return bool(change(counting.values(count=UsageCounter.count + 1)))
