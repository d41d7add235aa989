"""A visitor takes their chat home, or deletes it: at once, and from everywhere."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.history import filters, matching
from app.privacy import holds
from models import Chatbot, ChatSession, Delivery, LegalHold, Webhook, db
from tests.conftest import inside, sign_in
from tests.privacy.conftest import all_keys, all_rows
from tests.widget.conftest import API, ask, changed, open_chat, visitor

CANARY = "Zwitscherkanarie"
ENTERED = {"name": CANARY, "email": f"{CANARY}@example.com".lower(), "message": CANARY}


@pytest.fixture
def contact(app, place):
    with changed(app, Chatbot, place.chatbot_id, settings={"look": {"contact": "help@acme.example"}}):
        yield


@pytest.fixture
def said(app, client, place, contact):
    """A chat in which something private was said and entered: (its uuid, the headers of its calls, its resume token)."""
    body = {"page": f"https://acme.example/{CANARY}"}
    opened = client.post(f"{API}/embeds/{place.embed}/session", json=body, headers={"Origin": place.origin}).json
    headers = {"Origin": place.origin, "Authorization": "Bearer " + opened["token"]}
    with inside(app):
        ids = {"service_id": place.service_id, "chatbot_id": place.chatbot_id}
        db.session.add(
            Webhook(**ids, url="https://hooks.example.com", sealed_secret="x", events=["session", "handoff"])
        )
        db.session.commit()
    ask(client, headers, f"How long may unused goods be returned? My word is {CANARY}").get_data()
    assert client.post(f"{API}/chat/handoff", json={"values": ENTERED}, headers=headers).status_code == 200
    return uuid.UUID(opened["session_id"]), headers, opened["resume_token"]


def found_by_words(place) -> list[int]:
    wanted = filters.read({"q": CANARY}, service_id=place.service_id)
    return list(db.session.scalars(matching.cut_sessions(select(ChatSession.id), wanted, None)))


def test_a_deleted_chat_is_gone_from_rows_search_webhooks_and_redis(app, client, place, server, said):
    _, headers, token = said
    with inside(app):
        assert found_by_words(place)
        assert db.session.scalars(select(Delivery).where(Delivery.chatbot_id == place.chatbot_id)).all()
    assert client.delete(f"{API}/chat", headers=headers).json == {"ok": True}
    with inside(app):
        assert found_by_words(place) == []
        assert db.session.scalars(select(Delivery).where(Delivery.chatbot_id == place.chatbot_id)).all() == []
    assert CANARY.lower() not in all_rows(app).lower()
    assert CANARY.lower() not in all_keys(server).lower()
    assert client.get(f"{API}/chat/messages", headers=headers).status_code == 401
    again = client.post(f"{API}/embeds/{place.embed}/session", json={"resume_token": token}, headers=headers)
    assert again.json["messages"] == []


def test_a_held_chat_is_closed_for_its_visitor_and_its_owner_reads_of_the_wish(app, ada, client, place, said):
    chat_uuid, headers, token = said
    with inside(app):
        chat = db.session.scalars(select(ChatSession).where(ChatSession.uuid == chat_uuid)).one()
        holds.hold(chat, "Claim 12", ada.member_id)
        db.session.commit()
    assert client.delete(f"{API}/chat", headers=headers).json == {"ok": True, "kept": True}
    assert client.get(f"{API}/chat/messages", headers=headers).status_code == 401
    again = client.post(f"{API}/embeds/{place.embed}/session", json={"resume_token": token}, headers=headers)
    assert again.json["messages"] == []
    owner = sign_in(app, ada)
    assert "The visitor wants it erased" in owner.get(f"/chatbot/{ada.chatbot_uuid}/privacy").text
    assert "it is erased at once" in owner.get(f"/dialogue/{chat_uuid}/release").text
    assert owner.post(f"/dialogue/{chat_uuid}/release").status_code == 302
    with inside(app):
        assert db.session.scalar(select(ChatSession).where(ChatSession.uuid == chat_uuid)) is None
        assert db.session.scalars(select(LegalHold)).all() == []


def test_a_chat_is_taken_home_to_read_and_for_programs(client, said):
    _, headers, _ = said
    text = client.post(f"{API}/chat/download?lang=de", headers=headers)
    assert text.mimetype == "text/plain"
    for part in (f"My word is {CANARY}", "forty-five days", ENTERED["email"]):
        assert part in text.text, part
    answer = client.post(f"{API}/chat/download?format=json", headers=headers)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="chat.json"'
    told = answer.json
    assert [turn["type"] for turn in told["messages"]] == ["client", "bot"]
    assert told["messages"][1]["sources"][0]["quote"]
    assert {field["value"] for field in told["forms"][0]["answers"]} == set(ENTERED.values())
    assert told["browser"]
    assert "hash" not in answer.text


def test_nobody_deletes_or_takes_home_what_is_anothers(app, client, place, said):
    chat_uuid, _, _ = said
    stranger = visitor(app)
    headers = open_chat(stranger, place)
    stranger.delete(f"{API}/chat", headers=headers)
    with inside(app):
        assert db.session.scalar(select(ChatSession).where(ChatSession.uuid == chat_uuid)) is not None
    assert CANARY not in stranger.post(f"{API}/chat/download", headers=headers).text


def test_a_chat_that_is_erased_while_it_is_answered_stays_erased(app, client, place):
    headers = open_chat(client, place)
    response = ask(client, headers, "How long may goods be returned, Goldhamster?")
    assert visitor(app).delete(f"{API}/chat", headers=headers).json == {"ok": True}
    response.get_data()
    assert "Goldhamster" not in all_rows(app)
