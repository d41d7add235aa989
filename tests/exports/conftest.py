"""What tests of exports share: chats of Ada's with everything in them, and a stranger's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.answering.answer import Citation
from app.answering.prices import Price
from app.history import recording, summary
from app.leads import submissions
from models import MessageMark, db
from tests.conftest import inside
from tests.history.chats import say, start

ASKED = "How long may I return goods?"


def tell_everything(customer):
    """A chat of a customer's with all that can be in one; return its id and the answer's."""
    chat = start(customer)
    cited = (Citation(1, f"Returns {customer.canary}", {"page": 3}, "within 30 days", "https://shop.example.com/r"),)
    turn = say(
        chat, f"{ASKED} {customer.canary}", "Thirty days [1].", citations=cited, response_ms=900, chat_model="gpt",
        tokens_in=1000, tokens_out=500, price=Price(2_000_000, 4_000_000), standalone="How long may goods be returned?",
    )  # fmt: skip
    recording.give_feedback(chat, turn.uuid, -1, "too short")
    answers = [{"name": "email", "label": "E-mail", "kind": "email", "value": "vi@example.com"}]
    submissions.add(chat, answers, None, "Call me")
    db.session.add(
        MessageMark(
            service_id=chat.service_id, chatbot_id=chat.chatbot_id, session_id=chat.id, message_id=turn.id,
            author_id=customer.member_id, mark="needs_review", note="ask the shop",
        )
    )  # fmt: skip
    summary.renew(chat)
    db.session.commit()
    return SimpleNamespace(id=chat.id, uuid=chat.uuid, answer_id=turn.id)


@pytest.fixture(scope="module")
def told(app, ada, cid):
    with inside(app):
        tell_everything(cid)
        return tell_everything(ada)
