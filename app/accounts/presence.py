"""Whether somebody who signed in still is: asked at every request, and again while an answer is streamed to them."""

from __future__ import annotations

from sqlalchemy.orm import joinedload

from app.accounts import devices
from app.values import whole_number
from models import Member, db, tenancy


def find_member(cookie: str) -> Member | None:
    """Find a member by what `Member.get_id` gave; None once the version was raised or the member disabled."""
    number, _, version = cookie.partition(".")
    member_id = whole_number(number)
    if member_id is None:
        return None
    with tenancy.everything():
        member = db.session.get(Member, member_id, options=[joinedload(Member.roles)])
        is_current = member is not None and str(member.session_version) == version and member.is_active
        return member if is_current else None


def find_present(cookie: str, device_uuid: str | None) -> Member | None:
    """Find the member that a cookie names; None once that device was signed out, or as `find_member` says."""
    member = find_member(cookie)
    if member is None or not devices.is_signed_in(member.id, device_uuid):
        return None
    return member
