"""Where a person stands: platform role, services held, and role in each workspace. Read once per request."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from sqlalchemy import and_, or_, select

from app.accounts.permissions import HOLDER, allows, is_change, is_view
from app.plans import periods
from models import Chatbot, Member, Service, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.members import MEMBER, STAFF, SUPERADMIN


@dataclass(frozen=True)
class Stopped:
    """A service that does not run: suspended for a reason, closed for good, or ended with its period.

    `kept_until`: nothing of one that ended is deleted before.
    """

    id: int
    uuid: uuid.UUID
    name: str
    state: str
    reason: str
    kept_until: dt.datetime | None


@dataclass(frozen=True)
class Look:
    """A service that somebody who runs the installation looks at as its holder would; support at its chats alone."""

    service_id: int
    service_name: str
    holder_id: int
    expires_at: dt.datetime
    only_chats: bool

    def shows(self, action: str) -> bool:
        return action == "history.view" if self.only_chats else is_view(action)


@dataclass(frozen=True)
class Place:
    """A workspace that somebody is in, as it is named where they choose one."""

    id: int
    uuid: uuid.UUID
    name: str
    service_id: int
    service_name: str


@dataclass(frozen=True)
class Standing:
    """What one member is, at this moment. `roles` maps workspace id to role; holders are `holder` everywhere."""

    member_id: int | None = None
    platform_role: str = ""
    held_service_ids: frozenset[int] = frozenset()
    service_ids: frozenset[int] = frozenset()
    roles: dict[int, str] = field(default_factory=dict)
    service_of: dict[int, int] = field(default_factory=dict)
    places: tuple[Place, ...] = ()  # by service and name; those that are deleted left out
    stopped: tuple[Stopped, ...] = ()
    look: Look | None = None  # while it lasts, the person is nothing else
    reads_only: bool = False  # a key of the API that changes nothing

    @property
    def is_superadmin(self) -> bool:
        return self.platform_role == SUPERADMIN and self.look is None

    @property
    def sells(self) -> bool:
        """Whether the person cares for plans, services, orders and members of the whole installation."""
        return self.platform_role in (SUPERADMIN, STAFF) and self.look is None

    def includes(self, earlier: Standing) -> bool:
        """Tell whether the person still is at least what they were: what they began to be sent may go on."""
        return (
            (self.member_id, self.platform_role, self.look) == (earlier.member_id, earlier.platform_role, earlier.look)
            and self.held_service_ids >= earlier.held_service_ids
            and all(self.roles.get(workspace_id) == role for workspace_id, role in earlier.roles.items())
        )

    def as_member(self) -> Standing:
        """Return what the person is beside running the installation: a list of what is theirs is not everybody's."""
        return replace(self, platform_role=MEMBER)

    def scope(self) -> tenancy.Scope:
        """Return what the wall opens for this person."""
        if self.is_superadmin:
            return tenancy.EVERYTHING
        reads_only = self.reads_only or self.look is not None
        return tenancy.Scope(self.service_ids, frozenset(self.roles), self.member_id, self.sells, reads_only)

    def may(self, action: str, workspace_id: int | None) -> bool:
        """Tell whether the person may do something in a workspace, as its service stands now."""
        place = workspace_id or 0
        is_allowed = allows(self.roles.get(place), action) and self._works(action, self.service_of.get(place))
        return self.is_superadmin or is_allowed

    def may_with(self, action: str, chatbot: Chatbot) -> bool:
        """Tell whether the person may do something with a chatbot: one that is suspended is only read."""
        is_stopped = chatbot.is_suspended and is_change(action) and not self.is_superadmin
        return not is_stopped and self.may(action, chatbot.workspace_id)

    def may_in_service(self, action: str, service_id: int | None) -> bool:
        """Tell whether the person may do something in a service: as holder, or by a role in one of its workspaces."""
        if self.is_superadmin or not self._works(action, service_id):
            return self.is_superadmin
        if service_id in self.held_service_ids and allows(HOLDER, action):
            return True
        return any(allows(r, action) for w, r in self.roles.items() if self.service_of[w] == service_id)

    def may_anywhere(self, action: str) -> bool:
        """Tell whether there is any workspace in which the person may do it: what a menu asks."""
        return self.is_superadmin or any(self.may(action, workspace_id) for workspace_id in self.roles)

    def _works(self, action: str, service_id: int | None) -> bool:
        if self.look is not None:
            return self.look.shows(action)
        if self.reads_only and is_change(action):
            return False
        return not is_change(action) or all(service.id != service_id for service in self.stopped)

    @cached_property
    def _all_workspaces(self) -> list[int]:
        return list(db.session.scalars(select(Workspace.id)))

    def workspaces_where(self, action: str) -> list[int]:
        """Return the ids of the workspaces in which the person may do `action`."""
        if self.is_superadmin:
            return self._all_workspaces
        return [workspace_id for workspace_id in self.roles if self.may(action, workspace_id)]

    def services_where(self, action: str) -> list[int]:
        """Return the ids of the services in which the person may do `action`."""
        if self.is_superadmin:
            return list(db.session.scalars(select(Service.id).where(Service.status != "deleted")))
        return [service_id for service_id in self.service_ids if self.may_in_service(action, service_id)]


NOBODY = Standing()


def _read_seats(member_id: int) -> Sequence[Any]:
    """Read a person's seats in services, each beside those of its workspaces that are theirs: to who holds it, all."""
    mine = select(WorkspaceMember.workspace_id).where(WorkspaceMember.user_id == member_id)
    is_theirs = or_(ServiceMember.role == HOLDER, Workspace.id.in_(mine))
    is_own = and_(WorkspaceMember.workspace_id == Workspace.id, WorkspaceMember.user_id == member_id)
    query = select(Service, ServiceMember.role.label("seat"), Workspace, WorkspaceMember.role.label("role"))
    query = query.select_from(ServiceMember).join(ServiceMember.service)
    query = query.outerjoin(Workspace, and_(Workspace.service_id == ServiceMember.service_id, is_theirs))
    query = query.outerjoin(WorkspaceMember, is_own).where(ServiceMember.user_id == member_id)
    return db.session.execute(query.order_by(ServiceMember.id, Workspace.id)).all()


def _places(seats: Iterable[Any]) -> tuple[Place, ...]:
    live = ((row.Workspace, row.Service) for row in seats if row.Workspace.deleted_at is None)
    found = [Place(w.id, w.uuid, w.name, service.id, service.name) for w, service in live]
    return tuple(sorted(found, key=lambda place: (place.service_name.lower(), place.service_id, place.name.lower())))


def _state(service: Service) -> str:
    return {"disabled": "suspended", "deleted": "closed"}.get(service.status, "ended")


def _stopped(service: Service) -> Stopped:
    state = _state(service)
    kept_until = periods.kept_until(service) if state == "ended" else None
    return Stopped(service.id, service.uuid, service.name, state, service.suspended_for, kept_until)


def find_standing(member: Member) -> Standing:
    """Read a member's standing from the database."""
    with tenancy.everything():
        seats = _read_seats(member.id)
        services = {row.Service.id: row.Service for row in seats}
        inside = [row for row in seats if row.Workspace is not None]
        return Standing(
            member_id=member.id,
            platform_role=member.platform_role or MEMBER,
            held_service_ids=frozenset(row.Service.id for row in seats if row.seat == HOLDER),
            service_ids=frozenset(services),
            roles={row.Workspace.id: HOLDER if row.seat == HOLDER else row.role for row in inside},
            service_of={row.Workspace.id: row.Service.id for row in inside},
            places=_places(inside),
            stopped=tuple(_stopped(service) for service in services.values() if not service.is_live),
        )
