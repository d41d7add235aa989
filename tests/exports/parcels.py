"""Whole services as ZIPs: taken from one installation, brought to another, and all that is in one."""

from __future__ import annotations

import sqlalchemy as sa

from app.collaborators import here
from app.exports import arriving, entrance
from app.exports.parcel import opened
from app.history import takeout
from models import Member, Service, db, tenancy
from tests.conftest import inside


def take(app, service_id):
    """The ZIP of a service."""
    with app.app_context(), tenancy.use(tenancy.service_scope(service_id)):
        return b"".join(takeout.pack(db.session.get(Service, service_id).name))


def bring(app, content, tmp_path, holder=""):
    """Import a ZIP, held by the superadmin unless somebody is named."""
    file = tmp_path / "service.zip"
    file.write_bytes(content)
    with inside(app), opened(file) as parcel:
        member = entrance.find_holder(parcel, holder) if holder else db.session.get(Member, 1)
        return arriving.arrive(parcel, member, entrance.choose_plan(parcel)).service.id


def everything_in(app):
    with inside(app):
        counted = {
            table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in db.metadata.sorted_tables
        }
        files = sorted(key for kind in ("uploads", "pictures") for key, _ in here().storage.list_files(kind))
        return counted, files
