"""With redaction on, what is taken out lies nowhere: not in rows, not in the search, not in what the visitor gets back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Chatbot, ChatSession, Message, db
from tests.conftest import inside
from tests.privacy.conftest import all_keys, all_rows
from tests.widget.conftest import API, ask, changed, events_of, open_chat

SECRETS = ("uma.canary@example.com", "+49 171 2345678", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00")
ASKED = f"How long may unused goods be returned? I am {SECRETS[0]}, {SECRETS[1]}, {SECRETS[2]}, {SECRETS[3]}"


@pytest.fixture
def redacting(app, place):
    with changed(
        app, Chatbot, place.chatbot_id, settings={"privacy": {"redacts": True}, "contact": "help@acme.example"}
    ):
        yield


def test_a_question_is_answered_as_asked_and_stored_without(app, server, client, place, redacting):
    headers = open_chat(client, place)
    told = events_of(ask(client, headers, ASKED))
    assert told[-1][1]["state"] == "grounded"
    client.post(
        f"{API}/messages/{told[0][1]['message_id']}/feedback", json={"value": -1, "comment": ASKED}, headers=headers
    )
    ask(client, headers, f"And if I write from {SECRETS[0]}?")
    kept = all_rows(app) + all_keys(server) + client.post(f"{API}/chat/download", headers=headers).text
    assert [secret for secret in SECRETS if secret in kept] == []
    assert "uma.canary" not in kept  # nor a part of it, as a word that was not found
    assert "I am [e-mail], [phone], [card], [IBAN]" in kept


def test_the_owners_own_address_stays_in_a_refusal(app, client, place, redacting):
    headers = open_chat(client, place)
    events = events_of(ask(client, headers, "Who won the chess tournament in Reykjavik in 1972?"))
    assert events[-1][1]["state"] == "refused"
    with inside(app):
        query = select(Message.message).where(Message.type == "bot").order_by(Message.id.desc()).limit(1)
        assert "help@acme.example" in db.session.scalar(query)


def test_without_it_messages_are_stored_as_they_were_written(app, client, place):
    headers = open_chat(client, place)
    ask(client, headers, "Do you know uma@example.com?")
    assert "uma@example.com" in client.get(f"{API}/chat/messages", headers=headers).text


def test_a_form_keeps_what_is_meant_for_people(app, client, place, redacting):
    headers = open_chat(client, place)
    with changed(
        app, Chatbot, place.chatbot_id, settings={"privacy": {"redacts": True}, "look": {"contact": "a@b.example"}}
    ):
        values = {"name": "Uma", "email": "uma.form@example.com", "message": "Please"}
        sent = client.post(f"{API}/chat/handoff", json={"values": values}, headers=headers)
    assert sent.status_code == 200, sent.text
    assert "uma.form@example.com" in all_rows(app)


def test_a_chat_that_is_erased_while_it_is_answered_stays_erased(app, client, place, redacting):
    headers = open_chat(client, place)
    response = ask(client, headers, ASKED)
    with inside(app):
        db.session.delete(db.session.scalar(select(ChatSession).order_by(ChatSession.id.desc()).limit(1)))
        db.session.commit()
    response.get_data()
    assert client.get(f"{API}/chat/messages", headers=headers).status_code in (401, 404, 410)
