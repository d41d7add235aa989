"""Counting what is used in a month against the quotas of a service, safely under parallel requests."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.languages import in_english, speaking
from app.mail import Size
from app.plans import notices, periods
from app.plans.features import BY_NAME, DAILY, FLOWS
from models import Service, UsageCounter, db
from models.base import change, now

WARN_AT = (80, 100)  # percent
MIN_WATCHED = 5  # a plan with one chatbot is meant to have it used: nobody is warned of that


def _ensure_counter(service_id: int, metric: str, start: dt.datetime) -> None:
    wanted = select(UsageCounter.id).filter_by(service_id=service_id, metric=metric, period_start=start)
    if db.session.scalar(wanted) is None:
        try:
            with db.session.begin_nested():
                db.session.add(UsageCounter(service_id=service_id, metric=metric, period_start=start, count=0))
        except IntegrityError:
            pass  # somebody else made it in the same moment


def _add(service_id: int, metric: str, start: dt.datetime, amount: int, limit: int | None) -> bool:
    counting = update(UsageCounter).where(
        UsageCounter.service_id == service_id, UsageCounter.metric == metric, UsageCounter.period_start == start,
        UsageCounter.count + amount >= 0,
    )  # fmt: skip
    if limit is not None:
        counting = counting.where(UsageCounter.count + amount <= limit)
    return bool(change(counting.values(count=UsageCounter.count + amount)))


def limit_of(service: Service, metric: str) -> int | None:
    """Return the quota that was bought; None: counted, never refused (the installation's own service)."""
    features = periods.features_of(service)
    return None if features is None else int(features.get(metric, 0))


def includes(service: Service, feature: str) -> bool:
    """Tell whether a switch of the plan was bought; the installation's own service has them all."""
    features = periods.features_of(service)
    return features is None or bool(features.get(feature))


def reserve(service: Service, metric: str) -> dt.datetime | None:
    """Count one use if the quota still has room: one guarded UPDATE, safe in a race. The caller commits.

    Returns:
        The start of the month that it was counted in, for `give_back`; None when the quota is used up.
    """
    start, limit = periods.month_start(service), limit_of(service, metric)
    _ensure_counter(service.id, metric, start)
    if not _add(service.id, metric, start, 1, limit):
        return None
    if limit:
        warn(service.id, metric, used_in(service.id, metric, start), limit, start)
    return start


def reserve_today(service: Service, metric: str) -> bool:
    """Count one use against a limit of each day (UTC), if today's has room; safe in a race. The caller commits."""
    start = _midnight()
    _ensure_counter(service.id, metric, start)
    return _add(service.id, metric, start, 1, limit_of(service, metric))


def give_back(service_id: int, metric: str, start: dt.datetime) -> None:
    """Take back one reserved use that came to nothing. The caller commits."""
    _add(service_id, metric, start, -1, None)


def used_in(service_id: int, metric: str, start: dt.datetime) -> int:
    """Return what was counted in the month that began at `start`."""
    query = select(UsageCounter.count).filter_by(service_id=service_id, metric=metric, period_start=start)
    return db.session.scalar(query) or 0


def used_now(service: Service, metric: str) -> int:
    """Return what was counted in the service's present month, or today."""
    return used_in(service.id, metric, _midnight() if metric in DAILY else periods.month_start(service))


def _midnight() -> dt.datetime:
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def warn(service_id: int, metric: str, used: int, limit: int, start: dt.datetime) -> None:
    """Note one mail to the holder when 80 % and when 100 % of a quota are used, once in a month."""
    reached = [level for level in WARN_AT if used * 100 >= limit * level]
    if reached and limit >= MIN_WATCHED:
        occasion = f"{metric}-{reached[-1]}-{start.date()}"
        notices.add(service_id, "quota", occasion, level=str(reached[-1]), **_words(metric, used, limit))


def _words(metric: str, used: int, limit: int) -> dict[str, Any]:
    flow = in_english(
        "No visitor is answered until the service's next month begins, or until you choose a larger plan."
    )
    stock = in_english("Nothing more can be added until some are removed, or until you choose a larger plan.")
    amounts: dict[str, Any] = {"used": used, "limit": limit}
    if metric == "storage_bytes":
        amounts = {"used": Size(used), "limit": Size(limit)}
    with speaking("en"):  # as all that a row keeps; the mail says it in its reader's language
        label = str(BY_NAME[metric].label)
    return {"label": label, "then": flow if metric in FLOWS else stock, **amounts}
