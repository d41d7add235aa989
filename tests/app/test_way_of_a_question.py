"""From a file to a cited answer, in this process; then through the widget's API."""

from __future__ import annotations

import io
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from app import answering
from app.knowledge import ingest, publish, sources
from models import Chatbot, Chunk, Domain, Embed, Message, Source, db
from tests.conftest import inside
from tests.waiting import wait_until

TEXT = (
    "# Delivery\n\nParcels are delivered within three working days.\n\n"
    "# Returns\n\nGoods may be returned within forty-five days if they are unused.\n"
)


@pytest.fixture(scope="module")
def trained(app, ada):
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        source = sources.add_file(chatbot, "terms.md", io.BytesIO(TEXT.encode()))
        db.session.commit()
        outcome = ingest.ingest(source.id)
        assert outcome.status == "ready", outcome
        assert publish.publish(chatbot.id).n_chunks >= 2
        domain = db.session.get(Domain, ada.domain_id)
        embed = Embed(service_id=ada.service_id, chatbot_id=ada.chatbot_id, domain_id=domain.id)
        db.session.add(embed)
        db.session.commit()
        found = (ada.chatbot_id, str(embed.uuid), domain.origin)
    return found


def ask(app, chatbot_id: int, question: str):
    with inside(app):
        answer = answering.answer(db.session.get(Chatbot, chatbot_id), question)
        return answer


def test_it_answers_with_a_citation_that_names_the_place(app, trained):
    answer = ask(app, trained[0], "How long may unused goods be returned?")
    assert answer.state == "grounded"
    assert "forty-five days" in answer.text
    assert answer.citations[0].locator["heading"].endswith("Returns")
    assert "forty-five days" in answer.citations[0].quote


class _Turns(threading.Semaphore):
    """Turns that tell how many have come to wait for one."""

    n_waiting = 0

    def acquire(self, blocking=True, timeout=None):
        self.n_waiting += blocking
        return super().acquire(blocking, timeout)


def test_of_many_questions_in_one_moment_each_waits_for_its_turn_and_holds_no_connection(app, trained, monkeypatch):
    turns = _Turns(0)
    monkeypatch.setitem(app.extensions["docent"].__dict__, "turns", turns)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, app, trained[0], "How long may unused goods be returned?") for _ in range(6)]
        wait_until(lambda: turns.n_waiting == 6)
        with app.app_context():
            assert db.engine.pool.checkedout() == 0
        turns.release()
        assert {answer.result().state for answer in asked} == {"grounded"}


@pytest.mark.parametrize("question", ["Who won the football world cup in 1954?", "", "😀😀", "\0\0", "?" * 3000])
def test_it_refuses_what_the_documents_do_not_hold(app, trained, question):
    answer = ask(app, trained[0], question)
    assert answer.state == "refused"
    assert answer.citations == ()


def test_the_same_bytes_are_not_read_again(app, ada, trained):
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        again = sources.add_file(chatbot, "terms.md", io.BytesIO(TEXT.encode()))
        assert again.state == "ready"
        db.session.rollback()


def test_a_deleted_source_is_unreachable_at_once(app, ada, trained):
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        source = sources.add_file(chatbot, "secret.txt", io.BytesIO(b"The zebra password of the vault is marmalade."))
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(chatbot.id)
        assert "marmalade" in answering.answer(chatbot, "What is the zebra password of the vault?").text
        sources.delete(db.session.get(Source, source.id))
        db.session.commit()
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        assert "marmalade" not in answering.answer(chatbot, "What is the zebra password of the vault?").text
        publish.publish(ada.chatbot_id)
        assert db.session.scalar(select(Chunk.id).where(Chunk.text.contains("marmalade"))) is None


def test_a_file_that_can_not_be_read_fails_with_advice(app, ada, trained):
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        source = sources.add_file(chatbot, "../../x.pdf", io.BytesIO(b"%PDF-1.7 nonsense"))
        db.session.commit()
        outcome = ingest.ingest(source.id)
        assert source.title == "x.pdf"
        assert (outcome.status, bool(outcome.code), bool(outcome.advice)) == ("failed", True, True)


def open_chat(client, embed: str, origin: str) -> dict[str, str]:
    response = client.post(f"/api/widget/v1/embeds/{embed}/session", json={}, headers={"Origin": origin})
    assert response.status_code == 200, response.get_data(as_text=True)
    return {"Origin": origin, "Authorization": "Bearer " + response.json["token"]}


def read_stream(body: str) -> list[tuple[str, dict]]:
    blocks = [block for block in body.split("\n\n") if block]
    return [(b.split("\n")[0].removeprefix("event: "), json.loads(b.split("\ndata: ")[1])) for b in blocks]


def test_a_visitor_gets_a_streamed_answer_that_is_in_the_history(app, trained):
    _, embed, origin = trained
    client = app.test_client()
    headers = open_chat(client, embed, origin)
    question = {"text": "How fast are parcels delivered?", "idempotency_key": uuid.uuid4().hex}
    response = client.post("/api/widget/v1/messages", json=question, headers=headers)
    events = read_stream(response.get_data(as_text=True))
    assert [name for name, _ in events][-2:] == ["sources", "done"]
    assert dict(events)["done"]["state"] == "grounded"
    assert "three working days" in dict(events)["sources"]["sources"][0]["quote"]
    message_id = dict(events)["meta"]["message_id"]
    assert client.post(f"/api/widget/v1/messages/{message_id}/feedback", json={"value": 1}, headers=headers).json["ok"]
    with inside(app):
        stored = db.session.scalars(select(Message).where(Message.uuid == uuid.UUID(message_id))).one()
        assert (stored.state, stored.feedback, stored.finish) == ("grounded", "positive", "complete")
        assert stored.citations
    replayed = read_stream(
        client.post("/api/widget/v1/messages", json=question, headers=headers).get_data(as_text=True)
    )
    assert dict(replayed)["done"]["finish"] == "replay"


@pytest.mark.parametrize(
    ("origin", "code"),
    [(None, "origin_missing"), ("null", "origin_missing"), ("https://evil.example", "origin_not_allowed"),
     ("http://{host}", "origin_not_allowed"), ("https://{host}:444", "origin_not_allowed"),
     ("https://{host}.evil.com", "origin_not_allowed")],
)  # fmt: skip
def test_other_pages_are_refused_on_every_call(app, trained, origin, code):
    _, embed, home = trained
    client = app.test_client()
    good = open_chat(client, embed, home)
    headers = {} if origin is None else {"Origin": origin.format(host=home.removeprefix("https://"))}
    calls = [
        client.get(f"/api/widget/v1/embeds/{embed}/config", headers=headers),
        client.post(f"/api/widget/v1/embeds/{embed}/session", json={}, headers=headers),
    ]
    stolen = {"Authorization": good["Authorization"], **headers}
    body = {"text": "hello", "idempotency_key": "k"}
    calls += [
        client.post("/api/widget/v1/messages", json=body, headers=stolen),
        client.get("/api/widget/v1/chat/messages", headers=stolen),
        client.delete("/api/widget/v1/chat", headers=stolen),
    ]
    for response in calls:
        assert response.status_code == 403
        assert response.json["error"]["code"] == code


def test_a_paused_domain_and_an_ended_chat_stop_at_the_next_call(app, trained):
    _, embed, origin = trained
    client = app.test_client()
    headers = open_chat(client, embed, origin)
    with inside(app):
        domain = db.session.scalars(select(Domain).where(Domain.domain == origin.removeprefix("https://"))).one()
        domain.status, domain_id = "inactive", domain.id
        db.session.commit()
    assert client.get("/api/widget/v1/chat/messages", headers=headers).json["error"]["code"] == "domain_unverified"
    with inside(app):
        db.session.get(Domain, domain_id).status = "active"
        db.session.commit()
    assert client.post("/api/widget/v1/chat/end", json={}, headers=headers).status_code == 200
    assert client.get("/api/widget/v1/chat/messages", headers=headers).json["error"]["code"] == "token_invalid"
