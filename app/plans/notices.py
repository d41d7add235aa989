"""Mails to a service's holder that go out exactly once, noted in the transaction of their cause."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import mail
from models import Notice, Service, db, tenancy


def add(service_id: int, kind: str, occasion: str, *, page: str = "", **words: Any) -> bool:
    """Mail the holder about an occasion, unless they were mailed about it before. The caller commits.

    `kind` names the template, `occasion` what it is about: a date, an order, a quota's month. The mail leads to `page`,
    or to the service's own.
    """
    with tenancy.everything():
        known = select(Notice.id).filter_by(service_id=service_id, kind=kind, occasion=occasion)
        if db.session.scalar(known) is not None or not note(service_id, kind, occasion):
            return False
        service = db.session.scalars(select(Service).where(Service.id == service_id)).one()
        holder, page = service.holder, page or f"/service/{service.uuid}"
        filled: dict[str, Any] = {"service": service.name, "name": holder.first_name, **words}
        mail.post(f"notice_{kind}", holder.email, page=page, **filled)
        db.session.flush()
        return True


def note(service_id: int, kind: str, occasion: str) -> bool:
    """Write the row that is the right to send, and no mail; of two in one moment one gets it."""
    try:
        with db.session.begin_nested():
            db.session.add(Notice(service_id=service_id, kind=kind, occasion=occasion))
    except IntegrityError:
        return False
    return True
