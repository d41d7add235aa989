"""Where a person stands: platform role, services held, and role in each workspace. Read once per request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from app.accounts.permissions import HOLDER, allows
from models import Member, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.members import MEMBER, STAFF, SUPERADMIN


@dataclass(frozen=True)
class Standing:
    """What one member is, at this moment. `roles` maps workspace id to role; holders are `holder` everywhere."""

    member_id: int | None = None
    platform_role: str = ""
    held_service_ids: frozenset[int] = frozenset()
    service_ids: frozenset[int] = frozenset()
    roles: dict[int, str] = field(default_factory=dict)
    service_of: dict[int, int] = field(default_factory=dict)

    @property
    def is_superadmin(self) -> bool:
        return self.platform_role == SUPERADMIN

    @property
    def sells(self) -> bool:
        """Whether the person cares for plans, services, orders and members of the whole installation."""
        return self.platform_role in (SUPERADMIN, STAFF)

    def scope(self) -> tenancy.Scope:
        """Return what the wall opens for this person."""
        if self.is_superadmin:
            return tenancy.EVERYTHING
        return tenancy.Scope(self.service_ids, frozenset(self.roles), self.member_id, self.sells)

    def may(self, action: str, workspace_id: int | None) -> bool:
        """Tell whether the person may do something in a workspace."""
        return self.is_superadmin or allows(self.roles.get(workspace_id or 0), action)

    def may_in_service(self, action: str, service_id: int | None) -> bool:
        """Tell whether the person may do something in a service: as holder, or by a role in one of its workspaces."""
        if self.is_superadmin or (service_id in self.held_service_ids and allows(HOLDER, action)):
            return True
        return any(allows(r, action) for w, r in self.roles.items() if self.service_of[w] == service_id)

    def may_anywhere(self, action: str) -> bool:
        """Tell whether there is any workspace in which the person may do it: what a menu asks."""
        return self.is_superadmin or any(allows(role, action) for role in self.roles.values())

    def workspaces_where(self, action: str) -> list[int]:
        """Return the ids of the workspaces in which the person may do `action`."""
        if self.is_superadmin:
            return list(db.session.scalars(select(Workspace.id)))
        return [workspace_id for workspace_id in self.roles if self.may(action, workspace_id)]


NOBODY = Standing()


def _roles(member_id: int, held: frozenset[int]) -> Iterable[tuple[int, int, str]]:
    """Yield (workspace, service, role); a holder's own role comes last, so that it wins."""
    own = select(WorkspaceMember).where(WorkspaceMember.user_id == member_id)
    for membership in db.session.scalars(own):
        yield membership.workspace_id, membership.service_id, membership.role
    for workspace in db.session.scalars(select(Workspace).where(Workspace.service_id.in_(held))):
        yield workspace.id, workspace.service_id, HOLDER


def find_standing(member: Member) -> Standing:
    """Read a member's standing from the database."""
    with tenancy.everything():
        seats = db.session.scalars(select(ServiceMember).where(ServiceMember.user_id == member.id)).all()
        held = frozenset(seat.service_id for seat in seats if seat.role == HOLDER)
        in_services = frozenset(seat.service_id for seat in seats)
        found = [row for row in _roles(member.id, held) if row[1] in in_services]
        return Standing(
            member_id=member.id,
            platform_role=member.platform_role or MEMBER,
            held_service_ids=held,
            service_ids=in_services,
            roles={workspace: role for workspace, _, role in found},
            service_of={workspace: service for workspace, service, _ in found},
        )
