"""Taking people out of workspaces, and what stands in the way of deleting one."""

from __future__ import annotations

from sqlalchemy import select

from models import Chatbot, ServiceMember, Workspace, WorkspaceMember, db, tenancy


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
