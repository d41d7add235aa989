"""Reading dialogues: the chain service -> domain -> chatbot, the sessions there, and each turn with its citations."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import aliased, selectinload

from app.answering.followups import MAX_TURNS, Turn
from models import Chatbot, ChatSession, Domain, Message, Service, db

MAX_ID = 2**63 - 1
PAGE_SIZE = 50


@dataclass(frozen=True)
class Place:
    """Where a dialogue took place: each part belongs to the one before."""

    service: Service
    domain: Domain
    chatbot: Chatbot


@dataclass(frozen=True)
class SessionRow:
    """One line of the list of sessions."""

    chat: ChatSession
    n_turns: int
    last_question: str


def resolve(service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> Place | None:
    """Return the place that an address names, resolved from left to right; None at the first mismatch."""
    if service_id > MAX_ID:
        return None
    service = db.session.scalar(select(Service).where(Service.id == service_id))
    domain = db.session.scalar(select(Domain).where(Domain.uuid == domain_uuid, Domain.service_id == service_id))
    chatbot = db.session.scalar(select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.service_id == service_id))
    return Place(service, domain, chatbot) if service and domain and chatbot else None


def sessions_of(place: Place, older_than: ChatSession | None = None) -> list[SessionRow]:
    """Return a page of the sessions of a chatbot on a domain, youngest first, with their questions' number and last."""
    moment, number = ChatSession.last_message_at, ChatSession.id
    query = select(ChatSession).where(
        ChatSession.chatbot_id == place.chatbot.id, ChatSession.domain_id == place.domain.id
    )
    if older_than is not None:
        query = query.where(tuple_(moment, number) < (older_than.last_message_at, older_than.id))
    chats = db.session.scalars(query.order_by(moment.desc(), number.desc()).limit(PAGE_SIZE)).all()
    questions = _questions_of([chat.id for chat in chats])
    return [SessionRow(chat, *questions.get(chat.id, (0, ""))) for chat in chats]


def last_questions(session_ids: list[int]) -> dict[int, str]:
    """Return what was asked last in each of some sessions."""
    return {session_id: text for session_id, (_, text) in _questions_of(session_ids).items()}


def _questions_of(session_ids: list[int]) -> dict[int, tuple[int, str]]:
    asked = Message.type == "client", Message.session_id.in_(session_ids)
    counted = (
        select(Message.session_id, func.count(Message.id).label("n"), func.max(Message.id).label("last"))
        .where(*asked)
        .group_by(Message.session_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Message.session_id, counted.c.n, Message.message).join(counted, counted.c.last == Message.id)
    )
    return {session_id: (n, text) for session_id, n, text in rows}


def find_session(place: Place, session_uuid: uuid.UUID) -> ChatSession | None:
    """Return a session of the place by uuid; None for one of anywhere else."""
    return db.session.scalar(
        select(ChatSession).where(
            ChatSession.uuid == session_uuid,
            ChatSession.chatbot_id == place.chatbot.id,
            ChatSession.domain_id == place.domain.id,
        )
    )


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
