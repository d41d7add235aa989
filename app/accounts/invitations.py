"""Inviting people into a workspace by e-mail, and what becomes of an invitation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, update

from app import mail
from app.accounts.addresses import AddressError, normalize
from app.accounts.members import add_member, find_by_email, split_name
from app.accounts.passwords import check_strength, set_password
from app.tokens import digest
from models import Chatbot, Invitation, Member, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.base import change, now
from models.members import MEMBER

VALID_DAYS = 7


class InvitationError(Exception):
    """Somebody can't be invited; the message says why."""


@dataclass(frozen=True)
class Offer:
    """What an open invitation offers, in words that its page shows."""

    email: str
    service_name: str
    workspace_name: str
    role: str
    is_member: bool


def prepare(invitation: Invitation, inviter_id: int | None) -> str | None:
    """Complete and mail an invitation. Return its link where there is no mail server to carry it.

    Raises:
        InvitationError: not an address, invited already, or in the workspace already.
    """
    try:
        invitation.email = normalize(invitation.email)
    except AddressError as error:
        raise InvitationError(str(error)) from error
    invitation.service_id = invitation.workspace.service_id
    _refuse_known(invitation)
    seed, token = mail.make_link_token()
    invitation.token_hash = digest(token)
    invitation.invited_by_id = inviter_id
    invitation.status, invitation.expired_at = "pending", now() + dt.timedelta(days=VALID_DAYS)
    db.session.add(invitation)
    db.session.flush()
    names = {"service": invitation.workspace.service.name, "workspace": invitation.workspace.name}
    mail.post(
        "invitation", invitation.email, page="/invitation/", seed=seed, invitation_id=invitation.id,
        role=invitation.role, **names,
    )  # fmt: skip
    return None if mail.has_server() else mail.link(f"/invitation/{token}")


def _refuse_known(invitation: Invitation) -> None:
    pending = select(Invitation).where(
        Invitation.email == invitation.email, Invitation.service_id == invitation.service_id,
        Invitation.status == "pending",
    )  # fmt: skip
    for earlier in db.session.scalars(pending):
        if earlier.is_open:
            raise InvitationError(f"{invitation.email} is invited already: delete that invitation to send a new one.")
        earlier.status = "revoked"
    joined = select(WorkspaceMember.id).join(Member, Member.id == WorkspaceMember.user_id)
    where = (WorkspaceMember.workspace_id == invitation.workspace.id, Member.email == invitation.email)
    if db.session.scalar(joined.where(*where)) is not None:
        raise InvitationError(f"{invitation.email} is in this workspace already.")


def revoke(invitation: Invitation) -> None:
    invitation.status = "revoked"


def _find_open(token: str) -> Invitation | None:
    found = db.session.scalar(select(Invitation).where(Invitation.token_hash == digest(token)))
    return found if found is not None and found.is_open else None


def find_offer(token: str) -> Offer | None:
    """Return what a link offers; None when it is unknown, used, revoked or expired."""
    with tenancy.everything():
        found = _find_open(token)
        if found is None:
            return None
        member = find_by_email(found.email)
        return Offer(
            email=found.email,
            service_name=found.workspace.service.name,
            workspace_name=found.workspace.name,
            role=found.role,
            is_member=member is not None and member.verified,
        )


def _use_up(invitation: Invitation) -> bool:
    taking = update(Invitation).where(Invitation.id == invitation.id, Invitation.status == "pending")
    return bool(change(taking.values(status="accepted", accepted_at=now())))


def _give_seat(invitation: Invitation, member: Member) -> None:
    service_id, workspace_id = invitation.service_id, invitation.workspace_id
    seat = select(ServiceMember.id).where(ServiceMember.service_id == service_id, ServiceMember.user_id == member.id)
    if db.session.scalar(seat) is None:
        db.session.add(ServiceMember(service_id=service_id, user_id=member.id))
    place = select(WorkspaceMember).filter_by(workspace_id=workspace_id, user_id=member.id)
    if db.session.scalar(place) is None:
        row = WorkspaceMember(service_id=service_id, workspace_id=workspace_id, user_id=member.id, role=invitation.role)
        db.session.add(row)
    db.session.flush()


def accept(token: str, member_id: int) -> bool:
    """Let a signed-in member take a seat; of two tries one wins. The caller commits."""
    with tenancy.everything():
        found, member = _find_open(token), db.session.get(Member, member_id)
        if found is None or member is None or member.email != found.email or not _use_up(found):
            return False
        _give_seat(found, member)
        return True


def accept_as_new(token: str, name: str, password: str) -> bool:
    """Make a member of somebody whose address the link has proven, and give them the seat. The caller commits.

    Raises:
        PasswordError: the password is too weak.
    """
    with tenancy.everything():
        found = _find_open(token)
        if found is None:
            return False
        check_strength(password, name, found.email)
        if not _use_up(found):
            return False
        _give_seat(found, _make_member(name, found.email, password))
        return True


def _make_member(name: str, email: str, password: str) -> Member:
    """Return a verified member of an address that was just proven.

    Somebody may have signed up with it before, without proof: neither their name nor their password counts.
    """
    member = find_by_email(email)
    if member is None:
        return add_member(name, email, password, platform_role=MEMBER, verified=True)
    member.first_name, member.last_name = split_name(name)
    member.verified, member.status = True, "enabled"
    set_password(member, password)
    return member


def has_owner_besides(member: WorkspaceMember) -> bool:
    """Tell whether the workspace keeps an owner without this member. The service's holder counts as one everywhere."""
    others = select(func.count(WorkspaceMember.id)).where(
        WorkspaceMember.workspace_id == member.workspace_id,
        WorkspaceMember.role == "owner",
        WorkspaceMember.id != member.id,
    )
    return bool(db.session.scalar(others)) or member.workspace.service.holder_id is not None


def remove_from_workspace(member: WorkspaceMember) -> None:
    """Take somebody out of a workspace, and out of the service with the last one. Effective on their next request."""
    user_id, service_id = member.user_id, member.service_id
    db.session.delete(member)
    db.session.flush()
    with tenancy.use(tenancy.service_scope(service_id)):
        rest = select(WorkspaceMember.id).filter_by(service_id=service_id, user_id=user_id)
        seat = select(ServiceMember).filter_by(service_id=service_id, user_id=user_id, role="member")
        found = db.session.scalar(seat)
        if db.session.scalar(rest) is None and found is not None:
            db.session.delete(found)
            db.session.flush()


def is_in_use(workspace: Workspace) -> bool:
    """Tell whether a workspace still has chatbots."""
    chatbots = select(Chatbot.id).where(Chatbot.workspace_id == workspace.id, Chatbot.status != "deleted")
    return db.session.scalar(chatbots) is not None
