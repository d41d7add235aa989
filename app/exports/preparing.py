"""Exports that are prepared as files: ordered by a member, and fetched by that member alone, for a day.

A worker writes them (`app/exports/writing.py`); the row says how far it is.
"""

from __future__ import annotations

import datetime as dt
import uuid
import zoneinfo
from collections.abc import Collection

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from app.accounts import preferences
from app.accounts.standing import find_standing
from app.collaborators import here
from app.exports.rows import Wanted
from app.history import filters
from app.languages import gettext as _
from app.refusals import Refusal
from app.webhooks.payloads import LINK_LASTS
from models import Delivery, Export, ExportSchedule, Member, Workspace, db, tenancy
from models.base import is_far, now
from models.exports import UNFINISHED_EXPORTS
from models.webhooks import EXPORTED

VIEW = "history.view"
FOLDER = "exports"  # of the storage
MAX_WAITING = 3  # exports of one member that are not finished
SILENCE = dt.timedelta(seconds=60)  # after which a writer counts as gone
_ORPHANED = dt.timedelta(hours=6)  # longer than any writer takes between its first block and its last


class ExportRefused(Refusal):
    """An export can't be prepared; the message says why and what to do."""


def order(member: Member, service_id: int, wanted: Wanted, file_format: str, n_expected: int | None) -> Export:
    """Add an export that a worker is to write. The caller commits, and wakes the worker.

    Raises:
        ExportRefused: the member waits for enough of them.
    """
    mine = select(func.count(Export.id)).where(Export.member_id == member.id, Export.state.in_(UNFINISHED_EXPORTS))
    if (db.session.scalar(mine) or 0) >= MAX_WAITING:
        raise ExportRefused(
            _("%(most)s exports of yours are being prepared. Wait for one, or remove it.", most=MAX_WAITING)
        )
    made = Export(
        member_id=member.id, service_id=service_id, format=file_format, n_expected=n_expected, **kept_of(wanted)
    )
    db.session.add(made)
    db.session.flush()
    return made


def kept_of(wanted: Wanted) -> dict[str, object]:
    """Return what a row keeps of what is wanted, by its columns."""
    return {
        "per": wanted.per,
        "columns": [column.name for column in wanted.chosen],
        "asked": wanted.filter.to_args(),
        "time_zone": str(wanted.filter.zone),
    }


def wanted_of(row: Export | ExportSchedule, readable: list[int]) -> Wanted:
    """Return what a row wants.

    Raises:
        Refusal: it can't be understood any more.
    """
    zone = row.time_zone if row.time_zone in preferences.time_zones() else "UTC"
    asked = filters.read(row.asked, zoneinfo.ZoneInfo(zone), service_id=row.service_id)
    return Wanted(asked, row.per, tuple(row.columns), readable)


def readable_by(member: Member, service_id: int) -> list[int]:
    """Return the workspaces of a service whose chats a member may read at this moment."""
    if member.status != "enabled":
        return []
    standing = find_standing(member)
    with tenancy.everything():
        ids = db.session.scalars(select(Workspace.id).where(Workspace.service_id == service_id)).all()
    return [workspace_id for workspace_id in ids if standing.may(VIEW, workspace_id)]


def find(member_id: int, export_uuid: uuid.UUID) -> Export | None:
    """Return an export of a member's own; anybody else's is not there."""
    return db.session.scalar(select(Export).where(Export.uuid == export_uuid, Export.member_id == member_id))


def find_told(export_uuid: uuid.UUID, readable: Collection[int]) -> Export | None:
    """Return an export that a webhook was told of in the last hours, for who may read all workspaces that it holds."""
    export = db.session.scalar(select(Export).where(Export.uuid == export_uuid, _was_told()))
    return export if export is not None and export.is_offered and set(export.workspace_ids) <= set(readable) else None


def _was_told() -> ColumnElement[bool]:
    since = now() - LINK_LASTS
    return Export.id.in_(select(Delivery.export_id).where(Delivery.event == EXPORTED, Delivery.created_at > since))


def list_of(member_id: int, service_id: int) -> list[Export]:
    query = select(Export).where(Export.member_id == member_id, Export.service_id == service_id)
    return list(db.session.scalars(query.order_by(Export.id.desc()).limit(20)))


def latest_in(service_id: int) -> list[Export]:
    """Return the files that anybody of a service had made last, for who is asked why one did not come."""
    query = select(Export).where(Export.service_id == service_id)
    return list(db.session.scalars(query.order_by(Export.id.desc()).limit(20)))


def latest_of(member_id: int, limit: int = 5) -> list[Export]:
    """Return the files that somebody had made last, of any service, the latest first."""
    query = select(Export).where(Export.member_id == member_id).options(joinedload(Export.service))
    with tenancy.everything():
        return list(db.session.scalars(query.order_by(Export.id.desc()).limit(limit)))


def remove(export: Export) -> None:
    """Remove an export with its file; one that is being written stops. The caller commits."""
    if export.state == "ready":
        here().storage.delete(export.place)
    db.session.delete(export)
    db.session.flush()


def due() -> list[int]:
    """Return the exports that wait for a writer, or whose writer has gone silent."""
    with tenancy.everything():
        return list(db.session.scalars(select(Export.id).where(_is_due()).order_by(Export.id).limit(20)))


def _is_due() -> ColumnElement[bool]:
    silent = (Export.state == "writing") & is_far(Export.heartbeat_at, SILENCE)
    return or_(Export.state == "waiting", silent)


def tidy() -> int:
    """Remove the files of exports whose time is over, and files that no export names; return how many."""
    with tenancy.everything():
        expired = select(Export).where(Export.state == "ready", Export.expires_at <= now())
        old = list(db.session.scalars(expired.limit(100)))
        for export in old:
            here().storage.delete(export.place)
            export.state = "expired"
        db.session.commit()
        return len(old) + _remove_orphans()


def _remove_orphans() -> int:
    before = now() - _ORPHANED
    orphans = {key for key, written_at in here().storage.list_files(FOLDER) if written_at < before}
    if orphans:
        orphans -= {export.place for export in db.session.scalars(select(Export).where(Export.state == "ready"))}
        db.session.rollback()
    for key in orphans:
        here().storage.delete(key)
    return len(orphans)
