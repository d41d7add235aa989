"""Looking at a customer's service as its holder would: with a written reason, for an hour at most, and only looking.

Staff and superadmins see what the holder sees; support reads visitors' chats alone. Without a grant a stranger's row
stays a 404 for all of them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import audit
from app.accounts.addresses import AddressError, normalize
from app.accounts.permissions import HOLDER
from app.accounts.standing import Look, Standing
from app.languages import gettext as _
from app.refusals import Refusal
from models import ActingGrant, Domain, Member, Service, Workspace, db, tenancy
from models.base import now
from models.members import STAFF, SUPERADMIN, SUPPORT

MINUTES = 60
MIN_REASON = 10
MAX_TOLD = 20
MAX_LATEST = 5
LOOKERS = (SUPERADMIN, STAFF, SUPPORT)


class LookError(Refusal):
    """Somebody can't look there; the message says why."""


def find_service(words: str) -> Service:
    """Return the customer's service that is meant: by its uuid, its holder's whole e-mail address, or its website.

    Raises:
        LookError: none or several are.
    """
    query = select(Service).where(_is_meant(words.strip()), Service.status != "deleted", Service.is_own.is_(False))
    with tenancy.everything():
        found = list(db.session.scalars(query.limit(2)))
    if len(found) != 1:
        raise LookError(
            _("Name one service: its holder's e-mail address, its website, or the number in the address of its page.")
        )
    return found[0]


def _is_meant(words: str) -> ColumnElement[bool]:
    try:
        return Service.uuid == uuid.UUID(words)
    except ValueError:
        pass
    if "@" in words:
        return Service.holder.has(Member.email == _address(words))
    host = words.lower().rpartition("://")[2].partition("/")[0]
    return Service.id.in_(select(Domain.service_id).where(Domain.domain == host, Domain.verified, ~Domain.internal))


def _address(words: str) -> str:
    try:
        return normalize(words)
    except AddressError:
        return ""


def start(member: Member, service: Service, reason: str) -> ActingGrant:
    """Let somebody look at a service from now on. The caller commits.

    Raises:
        LookError: the person may not, or gave no reason.
    """
    if member.platform_role not in LOOKERS:
        raise LookError(_("Only those who run the installation can do that."))
    if len(reason.strip()) < MIN_REASON:
        raise LookError(_("Write down why, in a sentence: the customer reads it."))
    expires_at = now() + dt.timedelta(minutes=MINUTES)
    with tenancy.everything():
        made = ActingGrant(
            user_id=member.id, service_id=service.id, reason=reason.strip()[:2000], started_at=now(),
            expires_at=expires_at,
        )  # fmt: skip
        db.session.add(made)
        db.session.flush()
        audit.record("look.start", service, reason=made.reason, until=f"{expires_at:%Y-%m-%d %H:%M} UTC")
    return made


def find(grant_uuid: str, member: Member) -> ActingGrant | None:
    """Return a grant of a person's own that still counts; None once it has ended, by whatever."""
    if member.platform_role not in LOOKERS:
        return None
    query = select(ActingGrant).join(ActingGrant.service).where(
        ActingGrant.uuid == uuid.UUID(grant_uuid), ActingGrant.user_id == member.id, ActingGrant.ended_at.is_(None),
        ActingGrant.expires_at > now(), Service.status != "deleted",
    )  # fmt: skip
    with tenancy.everything():
        return db.session.scalar(query)


def latest_of(member_id: int, limit: int = MAX_LATEST) -> list[ActingGrant]:
    """Return where somebody has looked last, the latest first."""
    query = select(ActingGrant).where(ActingGrant.user_id == member_id).options(joinedload(ActingGrant.service))
    with tenancy.everything():
        return list(db.session.scalars(query.order_by(ActingGrant.id.desc()).limit(limit)))


def end(grant: ActingGrant) -> None:
    """End a look before its time. The caller commits."""
    with tenancy.everything():
        grant.ended_at = now()
        audit.record("look.end", grant.service)


@dataclass(frozen=True)
class Seen:
    """One look at a customer's service, as the customer is told of it: by whose role, not by whose name."""

    role: str
    reason: str
    started_at: dt.datetime
    ended_at: dt.datetime


def looks_at(service_id: int, limit: int = MAX_TOLD) -> list[Seen]:
    """Return who of the installation has looked at a service and why, the last first."""
    query = (
        select(ActingGrant)
        .where(ActingGrant.service_id == service_id)
        .options(joinedload(ActingGrant.member))
        .order_by(ActingGrant.id.desc())
        .limit(limit)
    )
    with tenancy.everything():
        grants = db.session.scalars(query).all()
        return [
            Seen(grant.member.platform_role, grant.reason, grant.started_at, grant.ended_at or grant.expires_at)
            for grant in grants
        ]


def standing_of(grant: ActingGrant, member: Member) -> Standing:
    """Return what the person may do while they look: what its holder may view, in this service, and nothing else."""
    role = member.platform_role
    with tenancy.everything():
        workspaces = db.session.scalars(select(Workspace.id).where(Workspace.service_id == grant.service_id)).all()
        service = grant.service
    return Standing(
        member_id=member.id,
        platform_role=role,
        held_service_ids=frozenset({service.id}),
        service_ids=frozenset({service.id}),
        roles=dict.fromkeys(workspaces, HOLDER),
        service_of=dict.fromkeys(workspaces, service.id),
        look=Look(service.id, service.name, service.holder_id, grant.expires_at, only_chats=role == SUPPORT),
    )
