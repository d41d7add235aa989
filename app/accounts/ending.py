"""What becomes of a service that ended, once its grace days are over: its holder is warned, then everything goes.

No single look at a clock deletes anything: the row of the last warning names the very day until which all was kept, and
has to be a day old before the service is closed, and again before its rows are deleted. A service that was closed
together with its holder's account has nobody to warn: the same row is written without a mail.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from sqlalchemy import Select, delete, func, or_, select

from app import audit
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
        for service_id in _closed_and_not_empty():
            _note_unwarned(service_id)
            if _is_certainly_over(_read(service_id)):
                _clear(service_id)


def _ended(status: str) -> list[int]:
    return list(db.session.scalars(_where_ended(status).order_by(Service.id)))


def _where_ended(status: str) -> Select[int]:
    return select(Service.id).where(Service.status == status, Service.is_own.is_(False), Service.expired_at <= now())


def _closed_and_not_empty() -> list[int]:
    """Return the closed services that any row is left of, also what a late writer added: every table is asked anew."""
    closed = _where_ended("deleted").scalar_subquery()
    return sorted({
        service_id
        for entity in _what_goes()
        for service_id in db.session.scalars(select(entity.service_id).where(entity.service_id.in_(closed)).distinct())
    })  # fmt: skip


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


def _note_unwarned(service_id: int) -> None:
    """Note that the grace days of a service that its holder closed are over: a day later its rows may go."""
    kept = periods.kept_until(_read(service_id))
    if kept is not None and kept <= now() and not _was_told(service_id, kept, LAST_WARNING, dt.timedelta(0)):
        notices.note(service_id, _WARNING, _occasion(kept, LAST_WARNING))
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
    """Delete the rows of a closed service, children first, and note how many. Its files go with the next sweep."""
    gone = {entity.__tablename__: _delete_all(entity, service_id) for entity in _what_goes()}
    left = {entity.__tablename__: n for entity in _what_goes() if (n := _count(entity, service_id))}
    if left:  # somebody wrote while this ran: the next run finds them
        log.warning("service %s is cleared but for %s", service_id, left)
    audit.record("service.clear", _read(service_id), rows={table: n for table, n in gone.items() if n}, left=left)
    db.session.commit()
    log.info("service %s is cleared: %s rows", service_id, sum(gone.values()))


def remove(service_id: int) -> None:
    """Delete a service without a trace, in slices: for one that was never there for anybody. Commits."""
    for entity in _below_service():
        _delete_all(entity, service_id)
    change(delete(Service).where(Service.id == service_id))
    db.session.commit()


def _delete_all(entity: Any, service_id: int) -> int:
    """Delete a service's rows of one table in slices; return how many."""
    n_gone = 0
    some = select(entity.id).where(entity.service_id == service_id).limit(SLICE)
    while ids := list(db.session.scalars(some)):
        change(delete(entity).where(entity.id.in_(ids)))
        db.session.commit()
        n_gone += len(ids)
    return n_gone


def _count(entity: Any, service_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(entity).where(entity.service_id == service_id)) or 0


def _what_goes() -> list[Any]:
    """Return the classes of all tables below a service that do not stay, children first."""
    return [entity for entity in _below_service() if entity.__tablename__ not in STAYS]


def _below_service() -> list[Any]:
    classes = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
    return [classes[table] for table in reversed(Model.metadata.sorted_tables) if "service_id" in table.c]
