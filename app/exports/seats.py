"""The people of an exported service: each is invited with the roles that they had, and nobody comes unasked."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from app.accounts import invitations
from app.exports.parcel import Parcel
from app.languages import gettext as _
from app.refusals import Refusal
from models import Member, Service
from models.workspaces import WORKSPACE_ROLES

Places = dict[int, str]


def invite(parcel: Parcel, service: Service, holder: Member, workspaces: dict[int, int | None]) -> list[str]:
    """Invite people, and return a sentence for each who could not be. The caller commits."""
    said = []
    for email, places in _places_by_email(parcel, workspaces).items():
        if email.lower() == holder.email.lower() or not places:
            continue
        try:
            invitations.invite(service, email, places, holder.id)
        except Refusal as error:
            said.append(_("%(email)s is not invited: %(error)s", email=email, error=error))
    return said


def _places_by_email(parcel: Parcel, workspaces: dict[int, int | None]) -> dict[str, Places]:
    """Return who had which role where. Who held the service comes as an owner everywhere."""
    email_of = {row["id"]: row.get("email") for _, row in parcel.rows("people") if "id" in row}
    found: dict[str, Places] = defaultdict(dict)
    for user_id, old_id, role in (*_roles(parcel), *_of_holder(parcel, workspaces)):
        email, place = email_of.get(user_id), workspaces.get(old_id)
        if isinstance(email, str) and place is not None and role in WORKSPACE_ROLES:
            found[email][place] = role
    for _line, row in parcel.rows("invitations"):
        email, place = row.get("email"), workspaces.get(row.get("workspace_id") or 0)
        if row.get("status") == "pending" and isinstance(email, str) and place and row.get("role") in WORKSPACE_ROLES:
            found[email].setdefault(place, row["role"])
    return found


def _roles(parcel: Parcel) -> list[tuple[Any, Any, Any]]:
    rows = (row for _, row in parcel.rows("workspace_roles"))
    return [(row.get("user_id"), row.get("workspace_id"), row.get("role")) for row in rows]


def _of_holder(parcel: Parcel, workspaces: dict[int, int | None]) -> list[tuple[Any, Any, Any]]:
    holders = [row.get("user_id") for _, row in parcel.rows("seats") if row.get("role") == "holder"]
    return [(user_id, old_id, "owner") for user_id in holders for old_id in workspaces]
