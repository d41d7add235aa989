"""Which quotas of some services are nearly or wholly used up, asked for all at once, as a start page can afford.

Where a period was activated ahead of its day, it is read once somebody has begun it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager

from app.plans.calendar import start_of_month
from app.plans.features import BY_NAME, FLOWS, STOCKS
from app.plans.quotas import COUNTS, Meter
from models import Service, Subscription, UsageCounter, db, tenancy
from models.base import now

LONGEST_MONTH = dt.timedelta(days=32)


def pressing(service_ids: Collection[int]) -> list[tuple[Service, list[Meter]]]:
    """Return the running ones of some services with those of their quotas that the holder should know of."""
    with tenancy.everything():
        periods = _running(service_ids)
        used = _count(periods) if periods else {}
    found = []
    for service_id, period in periods.items():
        limits = period.terms.get("features", {})
        meters = [Meter(m, BY_NAME[m].label, used[service_id, m], limits.get(m, 0)) for m in (*STOCKS, *FLOWS)]
        full = [meter for meter in meters if meter.is_pressing]
        found += [(period.service, full)] if full else []
    return found


def _running(service_ids: Collection[int]) -> dict[int, Subscription]:
    moment = now()
    query = select(Subscription).join(Subscription.service).where(
        Subscription.service_id.in_(service_ids), Service.is_own.is_(False), Service.status == "enabled",
        Subscription.status != "expired", Subscription.subscription_date <= moment,
        or_(Subscription.expired_at.is_(None), Subscription.expired_at > moment),
    )  # fmt: skip
    found = db.session.scalars(query.options(contains_eager(Subscription.service)).order_by(Subscription.id))
    return {period.service_id: period for period in found if period.service.is_live}


def _count(periods: dict[int, Subscription]) -> dict[tuple[int, str], int]:
    """Return (service, metric) -> how much of it is used: the stocks in one query, the months' counters in another."""
    stocks = select(Service.id, *(COUNTS[metric](Service.id).label(metric) for metric in STOCKS))
    rows = db.session.execute(stocks.where(Service.id.in_(list(periods))))
    used = {(row[0], metric): int(n or 0) for row in rows for metric, n in zip(STOCKS, row[1:], strict=True)}
    counters = select(UsageCounter).where(
        UsageCounter.service_id.in_(list(periods)), UsageCounter.period_start >= now() - LONGEST_MONTH
    )
    used |= {(service_id, metric): 0 for service_id in periods for metric in FLOWS}
    for counter in db.session.scalars(counters):
        period = periods[counter.service_id]
        if counter.period_start == start_of_month(period.anchor_at or period.subscription_date, now()):
            used[counter.service_id, counter.metric] = counter.count
    return used
