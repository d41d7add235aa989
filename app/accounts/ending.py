"""What becomes of a service that ended, once its grace days are over: its holder is warned, then everything goes.

No single look at a clock deletes anything: the row of the last warning names the very day until which all was kept, and
has to be a day old before the service is closed, and again before its rows are deleted.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sqlalchemy import delete, or_, select

from app.accounts import closing
from app.plans import notices, periods
from models import Notice, Order, Service, db, tenancy
from models.base import Model, change, now

log = logging.getLogger(__name__)

FIRST_WARNING, LAST_WARNING = dt.timedelta(days=7), dt.timedelta(days=1)
SLICE = 500  # rows per transaction
_WARNING = "data_goes"
# what tells later what was bought and who did what, and the warnings themselves
STAYS = {"acting_grants", "audit_events", "notices", "orders", "usage_counters", "user_service_subscribed"}


def apply_time() -> None:
    """Warn, close and clear what the clock says. Twice is harmless; a run that is cut off is finished by the next."""
    with tenancy.everything():
        for service_id in _ended("enabled"):
            _warn(service_id)
            _close_if_over(service_id)
        for service_id in _ended("deleted"):
            if _is_certainly_over(_read(service_id)):
                _clear(service_id)


def _ended(status: str) -> list[int]:
    query = select(Service.id).where(Service.status == status, Service.is_own.is_(False), Service.expired_at <= now())
    return list(db.session.scalars(query.order_by(Service.id)))


def _read(service_id: int) -> Service:
    """Read a service anew, whatever the session remembers."""
    query = select(Service).where(Service.id == service_id).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def _goes_on(service_id: int) -> bool:
    """Tell whether a period runs or may still come of an order."""
    waiting = select(Order.id).where(
        Order.service_id == service_id,
        or_(Order.status == "pending", (Order.status == "activated") & Order.period_id.is_(None)),
    )
    return db.session.scalar(waiting.limit(1)) is not None or periods.find_current(service_id) is not None


def _warn(service_id: int) -> None:
    """Note one mail seven days and one the day before; found late, a service still has the whole week."""
    service, moment = _read(service_id), now()
    kept = periods.kept_until(service)
    if kept is not None and not _goes_on(service_id):
        days = (
            LAST_WARNING if _was_told(service_id, kept, FIRST_WARNING, FIRST_WARNING - LAST_WARNING) else FIRST_WARNING
        )
        if kept - moment <= days:
            goes = max(kept, moment + days)
            notices.add(service_id, _WARNING, _occasion(kept, days), goes=f"{goes:%d %B %Y}")
    db.session.commit()


def _occasion(kept: dt.datetime, before: dt.timedelta) -> str:
    return f"{kept:%Y-%m-%dT%H:%M}-{before.days}"


def _was_told(service_id: int, kept: dt.datetime, before: dt.timedelta, ago: dt.timedelta) -> bool:
    """Tell whether the holder was warned of this very moment, so long ago or longer."""
    told = select(Notice.id).where(
        Notice.service_id == service_id, Notice.kind == _WARNING, Notice.occasion == _occasion(kept, before),
        Notice.created_at <= now() - ago,
    )  # fmt: skip
    return db.session.scalar(told) is not None


def _is_certainly_over(service: Service) -> bool:
    """Tell whether the grace days are over, and the last warning of it is a day old."""
    kept = periods.kept_until(service)
    return kept is not None and kept <= now() and _was_told(service.id, kept, LAST_WARNING, LAST_WARNING)


def _close_if_over(service_id: int) -> None:
    """Close a service for good; nobody orders, extends or suspends it in the same moment."""
    with periods.alone_with(service_id):
        service = _read(service_id)
        if service.status == "enabled" and not _goes_on(service_id) and _is_certainly_over(service):
            closing.close_service(service, told=True)
            log.info("service %s is closed: its grace days are over", service_id)
        db.session.commit()


def _clear(service_id: int) -> None:
    """Delete the rows of a closed service in slices, children first. Its files go with the next sweep."""
    for entity in _what_goes():
        some = select(entity.id).where(entity.service_id == service_id).limit(SLICE)
        while ids := list(db.session.scalars(some)):
            change(delete(entity).where(entity.id.in_(ids)))
            db.session.commit()


def _what_goes() -> list[Any]:
    """Return the classes of all tables below a service that do not stay, children first."""
    classes = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
    below = [table for table in reversed(Model.metadata.sorted_tables) if "service_id" in table.c]
    return [classes[table] for table in below if table.name not in STAYS]
