"""Who gives and takes platform roles: always from above, and never from the last superadmin."""

from __future__ import annotations

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import func, select, update

from app import audit
from app.accounts.standing import Standing
from app.languages import gettext as _
from app.refusals import Refusal
from models import Member, db, tenancy
from models.base import change
from models.members import MEMBER, PLATFORM_ROLES, STAFF, SUPERADMIN


class RoleError(Refusal):
    """A platform role can't be changed; the message says why."""


def _rank(role: str) -> int:
    return PLATFORM_ROLES.index(role)


def may_change(me: Standing, person: Member) -> bool:
    """Tell whether `me` stands above a person. Superadmins stand above each other; nobody stands above themselves."""
    is_above = me.is_superadmin or _rank(me.platform_role or MEMBER) < _rank(person.platform_role)
    return me.sells and is_above and person.id != me.member_id


def roles_to_give(me: Standing) -> tuple[str, ...]:
    """Return the roles that `me` may give: a superadmin all, staff those below their own."""
    if me.is_superadmin:
        return PLATFORM_ROLES
    return PLATFORM_ROLES[_rank(STAFF) + 1 :] if me.platform_role == STAFF else ()


def give_role(me: Standing, person: Member, role: str) -> None:
    """Give a platform role; it counts from the person's next request. The caller commits.

    Raises:
        RoleError: the person or the role is not below `me`, or the installation would be without a superadmin.
    """
    if not may_change(me, person) or role not in roles_to_give(me):
        raise RoleError(_("Only somebody who stands above both the person and the role can change it."))
    before = person.platform_role
    with tenancy.everything():
        if before == SUPERADMIN != role:
            keep_a_superadmin(person)
        person.roles = [db.session.scalars(select(Role).where(Role.name == role)).one()]
        db.session.flush()
        audit.record("member.platform-role", person, platform_role=[before, role])


def keep_a_superadmin(person: Member) -> None:
    """Make sure that there is another one. The UPDATE that changes nothing lets one through at a time.

    Raises:
        RoleError: the installation would be without one.
    """
    change(update(Role).where(Role.name == SUPERADMIN).values(name=SUPERADMIN))
    others = select(func.count(Member.id)).where(
        Member.roles.any(Role.name == SUPERADMIN), Member.status == "enabled", Member.id != person.id
    )
    if not db.session.scalar(others):
        raise RoleError(_("An installation needs a superadmin: make somebody else one first."))
