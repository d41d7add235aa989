"""What tests of exports share: chats of Ada's with everything in them, and a stranger's."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from PIL import Image

from app.answering.answer import Citation
from app.answering.prices import Price
from app.history import recording, summary
from app.knowledge import pairs, sources
from app.leads import submissions
from app.looks import pictures
from app.webhooks import owning
from models import (
    Chatbot,
    ChatModel,
    DomainGrant,
    Form,
    GoldenQuestion,
    Instruction,
    LegalHold,
    MessageMark,
    Source,
    Webhook,
    Website,
    Workspace,
    db,
)
from models.base import now
from tests.conftest import inside, make_app, make_customer
from tests.exports.parcels import take
from tests.history.chats import say, start
from tests.isolation.conftest import add_person

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


@pytest.fixture(scope="module")
def full(app):
    """A customer with something of every kind; her service's ZIP."""
    vera = make_customer(app, "vera")
    add_person(app, "ben", place=(vera.service_id, vera.workspace_id, "admin"))
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), "teal").save(picture, "PNG")
    with inside(app):
        chatbot = db.session.get(Chatbot, vera.chatbot_id)
        name = pictures.save(vera.service_id, io.BytesIO(picture.getvalue()), "avatar")
        chatbot.settings = {
            "avatar": name, "greeting": "Servus", "strictness": "cautious", "suggestions": ["When?"], "asks_back": True,
            "look": {"label": "Ask us"}, "words": {"de": {"send": "Los"}}, "privacy": {"days": 30, "redacts": True},
        }  # fmt: skip
        sources.add_file(chatbot, "returns.txt", io.BytesIO(b"Thirty days."), title="returns.txt")
        gone = sources.add_file(chatbot, "gone.txt", io.BytesIO(b"Forget me."), title="gone.txt")
        gone.deleted_at = now()
        sources.add_url(chatbot, "https://www.example.com/help")
        website = Source(
            service_id=vera.service_id,
            chatbot_id=chatbot.id,
            kind="website",
            title="w",
            data_loc="https://w.example.com/",
        )
        db.session.add(website)
        db.session.flush()
        pairs.add(chatbot, [pairs.make_pair("Do you ship?", "We do.", ["Is there shipping?"])])
        mine = {"service_id": vera.service_id, "chatbot_id": chatbot.id}
        told = tell_everything(vera)
        db.session.add_all([
            Form(**mine, name="Offer", fields=[{"name": "a"}]),
            Webhook(**mine, url="https://hook.example.com/", sealed_secret="x"),
            Webhook(service_id=vera.service_id, reach="service", url="https://all.example.com/", sealed_secret="x"),
            owning.add_for_workspaces(
                [db.session.get(Workspace, vera.workspace_id)], "https://some.example.com/", ["form"]
            ),
            Website(**mine, source_id=website.id, include=["/docs/"], schedule="weekly"),
            Instruction(**mine, version=1, text="Be brief."), ChatModel(**mine, base_url="https://m.example.com/v1", model="m"),
            GoldenQuestion(**mine, question="Warranty?", answers=["two years"]),
            LegalHold(**mine, session_id=told.id, reason="a court asks"),
            DomainGrant(service_id=vera.service_id, workspace_id=vera.workspace_id, domain_id=vera.domain_id),
        ])  # fmt: skip
        db.session.commit()
    return vera, take(app, vera.service_id)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, artifact):
    """Another installation, where a member waits for it."""
    yield from make_app(tmp_path_factory.mktemp("elsewhere"), artifact, "")
