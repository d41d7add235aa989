"""Reading dialogues: the chain service -> domain -> chatbot, what lists can be narrowed to, and each turn of a chat."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.answering.followups import MAX_TURNS, Turn
from models import Chatbot, ChatSession, Domain, Message, Service, Workspace, db

MAX_ID = 2**63 - 1
MAX_SERVICES = 200


@dataclass(frozen=True)
class Place:
    """Where a dialogue took place: each part belongs to the one before."""

    service: Service
    domain: Domain
    chatbot: Chatbot


@dataclass(frozen=True)
class Choices:
    """What a list of a service's sessions can be narrowed to."""

    workspaces: list[Workspace]
    chatbots: list[Chatbot]
    domains: list[Domain]

    def adopt(self, chats: Collection[ChatSession]) -> None:
        """Give sessions their chatbots and websites, which are known here, so that nobody asks for each of them."""
        chatbots = {chatbot.id: chatbot for chatbot in self.chatbots}
        domains = {domain.id: domain for domain in self.domains}
        for chat in chats:
            set_committed_value(chat, "chatbot", chatbots.get(chat.chatbot_id))
            set_committed_value(chat, "domain", domains.get(chat.domain_id or 0))


def resolve(service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> Place | None:
    """Return the place that an address names, resolved from left to right; None at the first mismatch."""
    if service_id > MAX_ID:
        return None
    service = db.session.scalar(select(Service).where(Service.id == service_id))
    domain = db.session.scalar(select(Domain).where(Domain.uuid == domain_uuid, Domain.service_id == service_id))
    chatbot = db.session.scalar(select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.service_id == service_id))
    return Place(service, domain, chatbot) if service and domain and chatbot else None


def find_service(service_id: int) -> Service | None:
    return db.session.scalar(select(Service).where(Service.id == service_id)) if service_id <= MAX_ID else None


def services_of(workspace_ids: Collection[int]) -> list[Service]:
    """Return the services that some workspaces belong to, by name."""
    inside = select(Workspace.service_id).where(Workspace.id.in_(workspace_ids))
    return list(
        db.session.scalars(select(Service).where(Service.id.in_(inside)).order_by(Service.name).limit(MAX_SERVICES))
    )


def choices_of(service_id: int, workspace_ids: Collection[int]) -> Choices:
    """Return the workspaces, chatbots and websites whose chats may be read in a service."""
    workspaces = select(Workspace).where(Workspace.service_id == service_id, Workspace.id.in_(workspace_ids))
    chatbots = select(Chatbot).where(Chatbot.service_id == service_id, Chatbot.workspace_id.in_(workspace_ids))
    domains = select(Domain).where(Domain.service_id == service_id)
    return Choices(
        list(db.session.scalars(workspaces.order_by(Workspace.name))),
        list(db.session.scalars(chatbots.order_by(Chatbot.name))),
        list(db.session.scalars(domains.order_by(Domain.domain))),
    )


def find_session(service_id: int, session_uuid: uuid.UUID) -> ChatSession | None:
    """Return a session of a service by uuid; None for one of anywhere else."""
    if service_id > MAX_ID:
        return None
    query = select(ChatSession).where(ChatSession.uuid == session_uuid, ChatSession.service_id == service_id)
    return db.session.scalar(query)


def is_at(chat: ChatSession, place: Place) -> bool:
    return (chat.chatbot_id, chat.domain_id) == (place.chatbot.id, place.domain.id)


def turns_before(answer_id: int, limit: int = MAX_TURNS) -> list[Turn]:
    """Return what was asked and answered in the same session before the question of an answer, oldest first."""
    asked, answered = aliased(Message), aliased(Message)
    this, question_id = db.session.execute(
        select(Message.session_id, Message.question_id).where(Message.id == answer_id)
    ).one()
    query = (
        select(asked.message, asked.standalone, answered.message)
        .join(answered, answered.question_id == asked.id)
        .where(asked.session_id == this, asked.id < question_id, answered.finish == "complete")
    )
    rows = db.session.execute(query.order_by(asked.id.desc()).limit(limit)).all()
    return [Turn(standalone or question, answer) for question, standalone, answer in reversed(rows)]


def read_turns(chat: ChatSession) -> list[Message]:
    """Return all turns of a session in order, citations loaded."""
    query = select(Message).where(Message.session_id == chat.id).options(selectinload(Message.citations))
    return list(db.session.scalars(query.order_by(Message.id)))
