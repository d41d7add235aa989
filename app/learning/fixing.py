"""Fixing one answer: what was asked and said in a chat, and what the chatbot would say to it now."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import selectinload

from app.answering import trial
from app.answering.answer import Answer
from models import Message, db


@dataclass(frozen=True)
class Exchange:
    """A question as it was understood, and the answer that was given."""

    question: str
    asked: Message
    answer: Message


def find_message(message_uuid: uuid.UUID) -> Message | None:
    return db.session.scalar(select(Message).where(Message.uuid == message_uuid))


def exchange_of(message: Message) -> Exchange | None:
    """Return the exchange that a message belongs to, be it the question or the answer; None where one is missing."""
    other = select(Message).where(Message.id == message.question_id if message.type == "bot" else _answers(message))
    found = db.session.scalar(other.options(selectinload(Message.citations)).order_by(Message.id.desc()).limit(1))
    if found is None:
        return None
    asked, answer = (found, message) if message.type == "bot" else (message, found)
    return Exchange(asked.standalone or asked.message, asked, answer)


def _answers(question: Message) -> ColumnElement[bool]:
    return Message.question_id == question.id


def ask_again(exchange: Exchange) -> Answer:
    """Return what would be answered now, without a chat model."""
    return trial.ask(exchange.answer.chat_session.chatbot, exchange.question)
