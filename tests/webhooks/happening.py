"""Letting things happen in a chatbot, and what webhooks were told of them."""

from __future__ import annotations

from sqlalchemy import update

from app.answering.answer import Answer
from app.history import recording
from app.webhooks import sending
from models import ChatSession, Delivery, db
from models.base import now
from tests.conftest import inside


def deliver_all(app):
    with inside(app):
        db.session.execute(update(Delivery).where(Delivery.state == "waiting").values(due_at=now()))
        db.session.commit()
    with app.app_context():
        for delivery_id in sending.due_deliveries():
            sending.deliver(delivery_id)


def told(app, receiver):
    deliver_all(app)
    return [body for _, body, _ in receiver.got]


def ask_and_answer(app, chat, question, **answer):
    with inside(app):
        turn = recording.open_turn(db.session.get(ChatSession, chat), question, question)
        db.session.commit()
        recording.close_turn(turn.id, Answer(**{"text": "That stands nowhere.", "state": "refused", **answer}))
