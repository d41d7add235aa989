"""Whose figures: one chatbot's, a workspace's, a service's, or those of all that somebody may read."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models import Chatbot, Service, Workspace, db


@dataclass(frozen=True)
class Place:
    """`kind` is chatbot, workspace, service, or empty for all; `row` what it is, and its chatbots."""

    kind: str
    name: str
    chatbots: Sequence[Chatbot]
    row: Chatbot | Workspace | Service | None = None

    @property
    def chatbot_ids(self) -> list[int]:
        return [chatbot.id for chatbot in self.chatbots]


def chatbots_in(workspace_ids: Collection[int]) -> list[Chatbot]:
    """Return the chatbots of workspaces, by name, with their workspace and service."""
    query = select(Chatbot).where(Chatbot.workspace_id.in_(workspace_ids), Chatbot.status != "deleted")
    query = query.options(joinedload(Chatbot.workspace).joinedload(Workspace.service))
    return list(db.session.scalars(query.order_by(Chatbot.name, Chatbot.id)))


def find_workspace(workspace_uuid: uuid.UUID) -> Workspace | None:
    query = select(Workspace).where(Workspace.uuid == workspace_uuid, Workspace.deleted_at.is_(None))
    return db.session.scalar(query)
