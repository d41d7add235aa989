"""Chatbots as rows: found, completed, marked for training, deleted."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update

from models import Chatbot, db
from models.base import change


def find(chatbot_uuid: uuid.UUID) -> Chatbot | None:
    """Return a chatbot of the scope by uuid; None for a deleted or foreign one."""
    return db.session.scalar(select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.status != "deleted"))


def newest_of(member_id: int | None) -> Chatbot | None:
    """Return the chatbot that a member made last."""
    return db.session.scalar(select(Chatbot).where(Chatbot.owner_id == member_id).order_by(Chatbot.id.desc()).limit(1))


def complete(chatbot: Chatbot, owner_id: int | None) -> None:
    """Fill what a form does not ask for: the service is the workspace's."""
    chatbot.service_id = chatbot.workspace.service_id
    chatbot.owner_id = owner_id


def mark_due(chatbot: Chatbot) -> None:
    """Count one change of a chatbot's knowledge: a generation will be built. The caller commits."""
    counting = update(Chatbot).where(Chatbot.id == chatbot.id)
    values = {"changed_count": Chatbot.changed_count + 1, "training_status": "due"}
    change(counting.values(values))
    db.session.expire(chatbot)


def delete(chatbot: Chatbot) -> None:
    """Take a chatbot out of service at once; its rows stay until they are purged."""
    chatbot.status = "deleted"
