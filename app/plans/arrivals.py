"""Services on their way from another installation: filled in slices, and as good as deleted until the last one.

Nobody has a seat in one and no period runs, so nobody sees it and no job works for it. Whoever fills it gives a sign of
life with each slice; one that has gone silent is given up, and whatever was brought is removed (`app/exports`).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update

from app import audit
from app.languages import gettext as _
from app.plans.services import ServiceError, add_period, first_workspace
from models import Member, Plan, Service, ServiceMember, Workspace, db
from models.base import change, now

SILENCE = dt.timedelta(minutes=15)


def begin(holder: Member, plan: Plan, name: str) -> tuple[Service, Workspace]:
    """Add a service that is about to be filled, and its first workspace. The caller commits."""
    service = Service(name=name, plan=plan, holder=holder, status="deleted", arriving_at=now())
    workspace = first_workspace(service)
    db.session.add_all([service, workspace])
    db.session.flush()
    return service, workspace


def breathe(service_id: int) -> None:
    """Give a sign of life, in the transaction of a slice. The caller commits.

    Raises:
        ServiceError: it was given up meanwhile.
    """
    _hold(service_id, arriving_at=now())


def complete(service: Service, holder: Member, plan: Plan) -> None:
    """Let a filled service be there, with its holder's seat and a period that has no end. The caller commits.

    Raises:
        ServiceError: it was given up meanwhile.
    """
    _hold(service.id, arriving_at=None, status="enabled")
    db.session.refresh(service)
    db.session.add(ServiceMember(service=service, member=holder, role="holder"))
    add_period(service, holder, plan, "paid", None)
    audit.record("service.open", service)


def _hold(service_id: int, **values: object) -> None:
    mine = update(Service).where(
        Service.id == service_id, Service.arriving_at.is_not(None), Service.expired_at.is_(None)
    )
    if not change(mine.values(values)):
        raise ServiceError(_("This took so long between two slices that it was given up. Import the file again."))


def list_silent() -> list[int]:
    """Return the services whose import has gone silent, or was given up and not removed yet."""
    silent = Service.arriving_at.is_not(None) & (Service.arriving_at < now() - SILENCE)
    return list(db.session.scalars(select(Service.id).where(silent).order_by(Service.id)))


def give_up(service_id: int) -> bool:
    """Keep whoever fills a service from going on, so that what was brought can be removed. The caller commits.

    False: it has arrived meanwhile, and is somebody's.
    """
    on_its_way = update(Service).where(Service.id == service_id, Service.arriving_at.is_not(None))
    return bool(change(on_its_way.values(expired_at=now())))
