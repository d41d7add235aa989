"""The pages of a chatbot's behavior, its chat model and the workbench, as owners use them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app import limits
from app.answering.manner import MAX_INSTRUCTIONS_CHARS
from app.answering.presets import PRESETS, manner_of
from models import AuditEvent, Chatbot, ChatModel, Instruction, ModelPrice, Service, db
from tests.conftest import forget_tries, inside, sign_in

FORM = {
    "greeting": "Ahoy!", "suggestions": "How long is the warranty?\n\n What does delivery cost? \nC?\nD?\nE?",
    "refusal": "I do not know.", "contact": "help@acme.example", "strictness": "2",
    "audience": "everyone", "notice": "", "thanks": "", "farewell": "", "who": "", "human": "", "tone": "Short.",
    "instructions": "Say please.", "asks_back": "y",
}  # fmt: skip


@pytest.fixture
def client(app, ada):
    return sign_in(app, ada)


def page(response) -> str:
    assert response.status_code in (200, 302), response.get_data(as_text=True)
    return response.get_data(as_text=True)


def manner(app, ada):
    with inside(app):
        return manner_of(db.session.get(Chatbot, ada.chatbot_id))


def actions(app) -> set[str]:
    with inside(app):
        return set(db.session.scalars(select(AuditEvent.action)))


def test_behavior_is_changed_kept_by_version_and_reset(app, ada, client):
    address = f"/chatbot/{ada.chatbot_uuid}/manner"
    assert PRESETS["support"].greeting in page(client.get(address))
    page(client.post(address, data=FORM))
    now = manner(app, ada)
    assert (now.greeting, now.strictness, now.asks_back, now.prefers_recent) == ("Ahoy!", "cautious", True, False)
    assert now.suggestions == ("How long is the warranty?", "What does delivery cost?", "C?", "D?")
    page(client.post(address, data={**FORM, "instructions": "Say thank you."}))
    assert "Say please." in page(client.get(address))
    with inside(app):
        first = db.session.scalars(select(Instruction.id).where(Instruction.version == 1)).one()
    page(client.post(f"{address}/instructions/{first}"))
    assert manner(app, ada).instructions == "Say please."
    assert "becomes the preset of the type Support again" in page(client.get(f"{address}/reset"))
    page(client.post(f"{address}/reset"))
    assert manner(app, ada) == PRESETS["support"]
    assert {"chatbot.manner", "chatbot.instructions", "chatbot.reset"} <= actions(app)


@pytest.mark.parametrize(
    "wrong",
    [{"greeting": ""}, {"strictness": "7"}, {"audience": "nobody"}, {"refusal": "x" * 301},
     {"instructions": "x" * (MAX_INSTRUCTIONS_CHARS + 1)}],
)  # fmt: skip
def test_what_behavior_can_not_be_is_refused(app, ada, client, wrong):
    before = manner(app, ada)
    assert client.post(f"/chatbot/{ada.chatbot_uuid}/manner", data={**FORM, **wrong}).status_code == 400
    assert manner(app, ada) == before


def test_instructions_can_not_open_the_gate(app, ada, client, bot):
    with bot.behaving(instructions="Always answer every question, whatever the documents say."):
        assert bot.ask("Who won the football world cup in 1954?").state == "refused"


def test_the_workbench_shows_what_happened(app, ada, client, bot):
    address = f"/chatbot/{ada.chatbot_uuid}/preview"
    body = page(client.post(address, data={"question": "And to islands?", "before": "How much does delivery cost?"}))
    assert "And to islands? (delivery cost)" in body
    assert re.search(r"Best match [01]\.\d\d, needed 0\.45", body)
    assert "up to a week" in body
    assert "Rules that nothing below can change" in body
    opened = re.search(r'href="(/source/[^"]+)#chunk-\d+"', body)
    assert opened
    assert "Delivery" in page(client.get(opened.group(1)))
    assert "Always answer this" in body
    assert "Keep as a golden question" in body
    kept = {
        "question": "And to islands? (delivery cost)",
        "document": re.search(r'name="document" value="([^"]+)"', body).group(1),
    }
    page(client.post(f"/golden/{ada.chatbot_uuid}/add", data=kept))
    assert "handbook.md" in page(client.get(f"/golden/{ada.chatbot_uuid}"))
    said = {"question": "Do you deliver to the moon?", "answer": "Not yet."}
    page(client.post(f"/chatbot/{ada.chatbot_uuid}/answers", data=said))
    assert (bot.ask("do you deliver to the MOON").text, bot.ask("do you deliver to the MOON").state) == (
        "Not yet.",
        "curated",
    )
    refused = page(client.post(address, data={"question": "Who won the football world cup in 1954?", "before": ""}))
    assert "were not found" in refused


@pytest.mark.parametrize("question", ["", "x" * 2001])
def test_the_workbench_refuses_what_is_no_question(ada, client, bot, question):
    answer = client.post(f"/chatbot/{ada.chatbot_uuid}/preview", data={"question": question})
    assert answer.status_code == 400


def test_who_is_signed_in_asks_a_chat_model_only_so_often(ada, client, bot, monkeypatch):
    monkeypatch.setattr(limits, "PREVIEWS_PER_MEMBER", "2 per minute")
    forget_tries()
    asked = [client.post(f"/chatbot/{ada.chatbot_uuid}/preview", data={"question": "Who?"}) for _ in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 429]
    tried = [client.post(f"/chatbot/{ada.chatbot_uuid}/model/test").status_code for _ in range(3)]
    assert tried == [302, 302, 429]


def test_what_visitors_and_documents_say_is_never_markup_on_the_workbench(ada, client, bot):
    body = page(
        client.post(f"/chatbot/{ada.chatbot_uuid}/preview", data={"question": "<script>alert(1)</script> delivery"})
    )
    assert "<script>alert(1)" not in body


def test_a_chat_model_is_entered_limited_and_forgotten(app, ada, client):
    address = f"/chatbot/{ada.chatbot_uuid}/model"
    server = {"base_url": "https://llm.example/v1/", "model": "small", "key": "sk-canary"}
    assert client.post(address, data={**server, "base_url": "ftp://x"}).status_code == 400
    page(client.post(address, data=server))
    page(client.post(f"{address}/budget", data={"of_chatbot": "12.50", "of_service": "100", "is_off": ""}))
    with inside(app):
        own = db.session.scalars(select(ChatModel).where(ChatModel.chatbot_id == ada.chatbot_id)).one()
        assert (own.base_url, own.model, own.monthly_budget) == ("https://llm.example/v1", "small", 12_500_000)
        assert db.session.get(Service, ada.service_id).model_budget == 100_000_000
    body = page(client.get(address))
    assert "sk-canary" not in body
    assert "12.5" in body
    for amount in ("-1", "NaN", "sNaN", "Infinity", "1e99"):
        assert client.post(f"{address}/budget", data={"of_chatbot": amount}).status_code == 400
    page(client.post(f"{address}/forget"))
    page(client.post(f"{address}/budget", data={"of_chatbot": "", "of_service": ""}))
    with inside(app):
        own = db.session.scalars(select(ChatModel).where(ChatModel.chatbot_id == ada.chatbot_id)).one()
        assert (own.base_url, own.sealed_key, own.monthly_budget) == ("", "", None)
        trail = [row.changes for row in db.session.scalars(select(AuditEvent)) if row.action.startswith("chat_model.")]
    assert trail
    assert "canary" not in str([changes.get("sealed_key") for changes in trail])


# language, what is entered, how it is shown, millionths
BUDGETS = """
en 1,250.5 1,250.50 1250500000
de 1.250,5 1.250,50 1250500000
de 0,0032  0,0032   3200
de 12      12,00    12000000
"""


@pytest.mark.parametrize("row", BUDGETS.strip().splitlines())
def test_a_budget_is_entered_and_shown_as_its_reader_writes_amounts(app, ada, client, row):
    language, entered, shown, stored = row.split()
    address, reader = f"/chatbot/{ada.chatbot_uuid}/model", {"Accept-Language": language}
    assert client.post(f"{address}/budget", data={"of_chatbot": entered}, headers=reader).status_code == 302
    with inside(app):
        own = db.session.scalars(select(ChatModel).where(ChatModel.chatbot_id == ada.chatbot_id)).one()
        assert own.monthly_budget == int(stored)
    assert f'name="of_chatbot" type="text" value="{shown}"' in page(client.get(address, headers=reader))
    client.post(f"{address}/budget", data={"of_chatbot": ""})


@pytest.mark.parametrize(
    ("language", "entered"), [("en", "12,50"), ("de", "12.50"), ("en", "0.0000001"), ("de", "1e3")]
)
def test_what_is_no_amount_to_its_reader_is_no_budget(ada, client, language, entered):
    address = f"/chatbot/{ada.chatbot_uuid}/model/budget"
    refused = client.post(address, data={"of_chatbot": entered}, headers={"Accept-Language": language})
    assert refused.status_code == 400
    example = "19,00; höchstens 1.000.000.000,00" if language == "de" else "19.00; 1,000,000,000.00 at most"
    assert example in refused.text
    assert f'value="{entered}"' in refused.text, "what was typed is kept"


def test_staff_enter_prices_and_members_do_not(app, ada, client):
    assert client.get("/modelpriceview/list/").status_code in (302, 403, 404)
    with inside(app):
        db.session.add(ModelPrice(model="m", input_price=150_000, output_price=600_000))
        db.session.commit()
