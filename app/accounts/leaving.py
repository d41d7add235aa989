"""Taking people out of workspaces, workspaces out of services, and the invitations that end with either."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, or_, select

from app.accounts import invitations
from app.accounts.permissions import allows
from models import Chatbot, Invitation, Member, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.base import now


def remove_from_workspace(member: WorkspaceMember) -> None:
    """Take somebody out of a workspace, and out of the service with the last one. Effective on their next request.

    The open invitations into it that they sent, or that were sent to their address, are withdrawn.
    """
    user_id, service_id = member.user_id, member.service_id
    with tenancy.use(tenancy.service_scope(service_id)):
        _withdraw_in(member, or_(Invitation.invited_by_id == user_id, Invitation.email == member.member.email))
        db.session.delete(member)
        db.session.flush()
        rest = select(WorkspaceMember.id).filter_by(service_id=service_id, user_id=user_id)
        seat = select(ServiceMember).filter_by(service_id=service_id, user_id=user_id, role="member")
        found = db.session.scalar(seat)
        if db.session.scalar(rest) is None and found is not None:
            db.session.delete(found)
            db.session.flush()


def follow_role(member: WorkspaceMember) -> None:
    """Withdraw what somebody sent into a workspace where their new role invites nobody any more. The caller commits."""
    if not allows(member.role, "people.edit"):
        with tenancy.use(tenancy.service_scope(member.service_id)):
            _withdraw_in(member, Invitation.invited_by_id == member.user_id)


def withdraw_sent_by(member: Member) -> None:
    """Withdraw every open invitation that somebody sent who was shut out, or is gone. The caller commits."""
    with tenancy.everything():
        for invitation in _open_ones(Invitation.invited_by_id == member.id):
            _withdraw(invitation)


def _withdraw_in(member: WorkspaceMember, concerned: ColumnElement[bool]) -> None:
    if member.workspace.service.holder_id == member.user_id:
        return  # who holds the service invites everywhere in it
    for invitation in _open_ones(Invitation.service_id == member.service_id, concerned):
        if member.workspace_id in invitation.places:
            _withdraw(invitation)


def _withdraw(invitation: Invitation) -> None:
    with suppress(invitations.InvitationError):  # accepted a moment ago, as it may have been before
        invitations.revoke(invitation)


def _open_ones(*conditions: ColumnElement[bool]) -> Sequence[Invitation]:
    return db.session.scalars(select(Invitation).where(Invitation.status == "pending", *conditions)).all()


def is_in_use(workspace: Workspace) -> bool:
    """Tell whether a workspace still has chatbots."""
    chatbots = select(Chatbot.id).where(Chatbot.workspace_id == workspace.id, Chatbot.status != "deleted")
    return db.session.scalar(chatbots) is not None


def close_workspace(workspace: Workspace) -> None:
    """Delete a workspace that is not in use: its people are taken out, and invitations into it alone are withdrawn.

    Its name may be given again. The caller commits.
    """
    with tenancy.use(tenancy.service_scope(workspace.service_id)):
        workspace.deleted_at = now()
        db.session.flush()
        for member in db.session.scalars(select(WorkspaceMember).filter_by(workspace_id=workspace.id)).all():
            remove_from_workspace(member)
        waiting = _open_ones(Invitation.service_id == workspace.service_id)
        offers = invitations.offers_of(waiting)
        for invitation in waiting:
            if not offers[invitation.id]:
                _withdraw(invitation)
