"""Chats that are made quickly, by the code that visitors' chats are made by. All within `inside(app)`."""

from __future__ import annotations

import datetime as dt
import itertools

from app.answering.answer import Answer
from app.history import recording
from models import Chatbot, Embed, db

BEGIN = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
PAGE = "https://shop.example.com/help"
_keys = itertools.count()


def start(customer, page=PAGE, at=BEGIN, chatbot_id=None, language=""):
    """Start a chat of a customer on their website."""
    place = {
        "service_id": customer.service_id, "chatbot_id": chatbot_id or customer.chatbot_id,
        "domain_id": customer.domain_id,
    }  # fmt: skip
    embed = db.session.query(Embed).filter_by(**place).first() or Embed(**place)
    db.session.add(embed)
    db.session.flush()
    chat, _ = recording.start_session(embed, "https://shop.example.com", page, language=language)
    chat.started_at = at
    db.session.commit()
    return chat


def say(chat, question, answer="An answer.", state="grounded", **values):
    """Ask in a chat and be answered; return the answer's row."""
    turn = recording.open_turn(chat, question, f"key-{next(_keys)}")
    db.session.commit()
    recording.close_turn(turn.id, Answer(state, answer, **values))
    return turn


def add_chatbot(customer, name="Second"):
    chatbot = Chatbot(service_id=customer.service_id, workspace_id=customer.workspace_id, name=name)
    db.session.add(chatbot)
    db.session.commit()
    return chatbot
