"""Mails to a service's holder that go out exactly once: noted with the change itself, sent by a job after it."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import mail
from models import Notice, Service, db, tenancy
from models.base import change, now

log = logging.getLogger(__name__)


def add(service_id: int, kind: str, occasion: str, **words: Any) -> bool:
    """Note a mail, in the caller's transaction; False when this occasion was noted before."""
    with tenancy.everything():
        known = select(Notice.id).filter_by(service_id=service_id, kind=kind, occasion=occasion)
        if db.session.scalar(known) is not None:
            return False
        try:
            with db.session.begin_nested():
                db.session.add(Notice(service_id=service_id, kind=kind, occasion=occasion, words=words))
        except IntegrityError:
            return False  # somebody else noted it in the same moment
        return True


def send_waiting(limit: int = 100) -> int:
    """Send what was noted; return how many. One that can't be sent waits for the next turn."""
    with tenancy.everything():
        waiting = select(Notice.id).where(Notice.sent_at.is_(None)).order_by(Notice.id).limit(limit)
        ids = list(db.session.scalars(waiting))
        db.session.rollback()
        return sum(_send_one(notice_id) for notice_id in ids)


def _take(notice_id: int) -> bool:
    """Mark a notice as sent before it is: a worker killed in between loses a mail rather than sending two."""
    taking = update(Notice).where(Notice.id == notice_id, Notice.sent_at.is_(None)).values(sent_at=now())
    return bool(change(taking))


def _send_one(notice_id: int) -> bool:
    if not _take(notice_id):
        db.session.rollback()
        return False
    db.session.commit()
    notice = db.session.scalars(select(Notice).where(Notice.id == notice_id)).one()
    service = db.session.scalars(select(Service).where(Service.id == notice.service_id)).one()
    words = {"service": service.name, "name": service.holder.first_name, **notice.words}
    message = mail.compose(f"notice_{notice.kind}", service.holder.email, link=mail.link("/"), **words)
    db.session.commit()
    try:
        mail.send(message)
    except (OSError, SMTPException) as error:
        log.warning("notice %s could not be mailed; it is tried again: %s", notice_id, error)
        _put_back(notice_id)
        return False
    return True


def _put_back(notice_id: int) -> None:
    again = update(Notice).where(Notice.id == notice_id).values(sent_at=None)
    change(again)
    db.session.commit()
