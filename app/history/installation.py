"""The whole installation at a glance, for those who run it: a handful of counts, whatever the number of customers.

Everything is open while they are read: what is returned are counts, names of services and codes of failures, and never
what is in a customer's workspace.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager

from app.history import running
from app.history.running import Failing, Usage
from app.knowledge import sweep
from app.plans import orders
from models import AuditEvent, Member, Message, Service, Source, Subscription, db, tenancy
from models.base import now

DAYS = 14
TRIAL_DAYS = 7
MAX_ROWS = 8
MAX_LOOKED_AT = 200


@dataclass(frozen=True)
class Day:
    """What happened on one day, by UTC."""

    date: dt.date
    n_sign_ups: int
    n_messages: int


@dataclass(frozen=True)
class Leftover:
    """Rows that a deletion which checks itself has found when all should be gone, by table."""

    service: Service
    what: str
    rows: dict[str, int]
    created_at: dt.datetime


@dataclass(frozen=True)
class Figures:
    """`days` from the first to today; `trials` are the periods that end within a week, the next one first."""

    n_orders: int
    n_services: int
    n_failed: int
    n_trials: int
    days: list[Day]
    trials: list[Subscription]
    failing: list[Failing]
    usage: list[Usage]
    leftovers: list[Leftover]
    files_left: list[str]  # keys of the storage


def read_figures() -> Figures:
    """Read all of it, in eight queries."""
    with tenancy.everything():
        n_services, n_failed, n_trials = _count()
        return Figures(
            n_orders=orders.count_pending(), n_services=n_services, n_failed=n_failed, n_trials=n_trials, days=_days(),
            trials=_trials(), failing=running.read_failing(), usage=running.read_usage(), leftovers=_leftovers(),
            files_left=sweep.files_left(),
        )  # fmt: skip


def _count() -> tuple[int, int, int]:
    """Return how many services run, how many sources failed, and how many trials end within a week."""
    running = (Service.status == "enabled", or_(Service.expired_at.is_(None), Service.expired_at > now()))
    services = select(func.count(Service.id)).where(*running).scalar_subquery()
    failed = (
        select(func.count(Source.id)).where(Source.state == "failed", Source.deleted_at.is_(None)).scalar_subquery()
    )
    trials = _ending(select(func.count(Subscription.id))).scalar_subquery()
    n_services, n_failed, n_trials = db.session.execute(select(services, failed, trials)).one()
    return n_services, n_failed, n_trials


def _leftovers() -> list[Leftover]:
    """Return the deletions of the last days that left something behind, the newest first."""
    since = now() - dt.timedelta(days=DAYS)
    query = select(Service, AuditEvent).join(Service, Service.id == AuditEvent.service_id)
    query = query.where(AuditEvent.action.in_(("service.clear", "chatbot.clear")), AuditEvent.created_at > since)
    rows = db.session.execute(query.order_by(AuditEvent.id.desc()).limit(MAX_LOOKED_AT))
    found = [Leftover(service, event.label, event.changes["left"], event.created_at) for service, event in rows
             if event.changes.get("left")]  # fmt: skip
    return found[:MAX_ROWS]


def _ending(query: Select[Any]) -> Select[Any]:
    moment = now()
    return query.join(Subscription.service).where(
        Subscription.kind == "trial", Subscription.status != "expired", Service.status == "enabled",
        Subscription.expired_at > moment, Subscription.expired_at <= moment + dt.timedelta(days=TRIAL_DAYS),
    )  # fmt: skip


def _trials() -> list[Subscription]:
    query = _ending(select(Subscription)).options(contains_eager(Subscription.service))
    return list(db.session.scalars(query.order_by(Subscription.expired_at).limit(MAX_ROWS)))


def _days() -> list[Day]:
    midnight = now().replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [midnight - dt.timedelta(days=days) for days in reversed(range(DAYS))]
    sign_ups = _per_day(Member.created_at, starts)
    messages = _per_day(Message.timestamp, starts, Message.type == "client")
    return [Day(start.date(), *counts) for start, *counts in zip(starts, sign_ups, messages, strict=True)]


def _per_day(column: Any, starts: list[dt.datetime], *conditions: Any) -> list[int]:
    """Count rows by day, in one query that both databases read alike: they know days by different names."""
    one = dt.timedelta(days=1)
    counts = [func.sum(case((and_(column >= start, column < start + one), 1), else_=0)) for start in starts]
    row = db.session.execute(select(*counts).where(column >= starts[0], *conditions)).one()
    return [int(n or 0) for n in row]
