"""All that is kept about one person and not about a service of theirs, for them to take away."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.accounts import devices, preferences, second_factor, terms
from models import Member, ServiceKey, ServiceMember, WorkspaceMember, db, tenancy


def collect(member: Member) -> dict[str, Any]:
    """Return a person's own data for programs. Passwords and secrets are left out; what a service holds is its own."""
    kept = preferences.read(member.id)
    with tenancy.everything():
        return {
            "account": {
                "name": member.name, "email": member.email, "platform_role": member.platform_role,
                "created_at": _moment(member.created_at), "time_zone": kept.time_zone, "language": kept.language,
                "has_second_factor": second_factor.find(member.id) is not None,
            },
            "services": _services(member.id),
            "workspaces": _workspaces(member.id),
            "devices": [
                {"browser": each.browser, "network": each.network, "last_seen_at": _moment(each.last_seen_at)}
                for each in devices.list_devices(member.id)
            ],
            "api_keys": list(db.session.scalars(select(ServiceKey.name).where(ServiceKey.maker_id == member.id))),
            "accepted_terms": [
                {"version": each.terms.version, "accepted_at": _moment(each.accepted_at)}
                for each in terms.accepted_by(member.id)
            ],
        }  # fmt: skip


def _moment(value: Any) -> str | None:
    return value.isoformat() if value is not None else None


def _services(member_id: int) -> list[dict[str, Any]]:
    query = select(ServiceMember).where(ServiceMember.user_id == member_id).options(joinedload(ServiceMember.service))
    return [
        {"service": seat.service.name, "role": seat.role, "since": _moment(seat.created_at)}
        for seat in db.session.scalars(query)
    ]


def _workspaces(member_id: int) -> list[dict[str, Any]]:
    query = select(WorkspaceMember).where(WorkspaceMember.user_id == member_id)
    return [
        {"workspace": seat.workspace.name, "role": seat.role, "since": _moment(seat.created_at)}
        for seat in db.session.scalars(query.options(joinedload(WorkspaceMember.workspace)))
    ]
