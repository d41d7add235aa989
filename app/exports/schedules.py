"""Exports by the clock: every day or week a file of the messages that are new since the one before."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from app.exports import preparing
from app.exports.preparing import ExportRefused, kept_of
from app.exports.rows import Wanted
from app.history import feed
from app.languages import gettext as _
from models import Export, ExportSchedule, Member, ScheduleListener, Service, Webhook, db, tenancy
from models.base import now
from models.exports import UNFINISHED_EXPORTS

MAX_SCHEDULES = 10  # of one service
PAUSES = {"daily": dt.timedelta(days=1), "weekly": dt.timedelta(days=7)}


@dataclass(frozen=True)
class Rhythm:
    """How often a file comes, of which format, and which webhook is told of it; None: its member is, by mail."""

    every: str
    format: str
    webhook: Webhook | None = None


def add(member: Member, service_id: int, wanted: Wanted, rhythm: Rhythm) -> ExportSchedule:
    """Begin to export what is new from now on; the first file comes after a day or week. The caller commits.

    Raises:
        ExportRefused: there are enough of them, or so much is written just now that nobody can tell what is new.
    """
    goes_on = or_(ExportSchedule.status == "active", ExportSchedule.error == "")  # not: of who lost the right to it
    present = select(func.count(ExportSchedule.id)).where(ExportSchedule.service_id == service_id, goes_on)
    if (db.session.scalar(present) or 0) >= MAX_SCHEDULES:
        raise ExportRefused(
            _("A service has at most %(most)s exports by the clock. Remove one first.", most=MAX_SCHEDULES)
        )
    end = feed.find_end()
    if end is None:
        raise ExportRefused(_("Many chats are being written at this moment. Try again in a minute."))
    made = ExportSchedule(
        member_id=member.id, service_id=service_id, format=rhythm.format, every=rhythm.every,
        position=str(end), due_at=now() + PAUSES[rhythm.every], **kept_of(wanted),
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    if rhythm.webhook is not None:
        heard = ScheduleListener(service_id=service_id, schedule_id=made.id, webhook_id=rhythm.webhook.id)
        db.session.add(heard)
        db.session.flush()
    return made


def list_of(member_id: int, service_id: int) -> list[ExportSchedule]:
    query = select(ExportSchedule).where(ExportSchedule.member_id == member_id, ExportSchedule.service_id == service_id)
    heard = joinedload(ExportSchedule.listener).joinedload(ScheduleListener.webhook)
    return list(db.session.scalars(query.options(heard).order_by(ExportSchedule.id)))


def find(member_id: int, schedule_uuid: uuid.UUID) -> ExportSchedule | None:
    """Return a schedule of a member's own; anybody else's is not there."""
    return db.session.scalar(
        select(ExportSchedule).where(ExportSchedule.uuid == schedule_uuid, ExportSchedule.member_id == member_id)
    )


def switch(schedule: ExportSchedule) -> None:
    """Pause a schedule, or let it go on from where it stood. The caller commits."""
    schedule.status = "paused" if schedule.status == "active" else "active"
    schedule.error, schedule.due_at = "", max(schedule.due_at, now())
    db.session.flush()


def remove(schedule: ExportSchedule) -> None:
    """Remove a schedule with the files that came by it. The caller commits."""
    for export in db.session.scalars(select(Export).where(Export.schedule_id == schedule.id)):
        preparing.remove(export)
    db.session.delete(schedule)
    db.session.flush()


def take_due(limit: int = 20) -> list[int]:
    """Order a file for each schedule whose time has come, and return those exports; one at a time for each."""
    with tenancy.everything():
        due = select(ExportSchedule).join(ExportSchedule.service).where(
            ExportSchedule.status == "active", ExportSchedule.due_at <= now(), Service.status == "enabled",
            or_(Service.expired_at.is_(None), Service.expired_at > now()),
        )  # fmt: skip
        ordered = [_order(schedule) for schedule in db.session.scalars(due.limit(limit).with_for_update())]
        db.session.commit()
        return [export.id for export in ordered if export is not None]


def _order(schedule: ExportSchedule) -> Export | None:
    schedule.due_at = max(schedule.due_at + PAUSES[schedule.every], now())
    unfinished = select(Export.id).where(Export.schedule_id == schedule.id, Export.state.in_(UNFINISHED_EXPORTS))
    if db.session.scalar(unfinished.limit(1)) is not None:
        return None
    made = Export(
        schedule_id=schedule.id, member_id=schedule.member_id, service_id=schedule.service_id, per=schedule.per,
        format=schedule.format, columns=schedule.columns, asked=schedule.asked, time_zone=schedule.time_zone,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made
