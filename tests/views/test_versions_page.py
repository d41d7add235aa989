"""The pages of versions and golden questions: what is told there, who may do what, and what is written down."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from app.answering.release import release
from app.knowledge import ingest, sources, versions
from jobs import queues
from models import AuditEvent, Chatbot, GoldenQuestion, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """The chatbots for which a worker was woken."""
    found = []
    monkeypatch.setattr(queues, "wake_training", lambda *ids: found.extend(ids))
    return found


@pytest.fixture
def acme(app):
    return make_customer(app, "ada")


def learn(app, customer, name, text):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, customer.chatbot_id), name, io.BytesIO(text.encode()))
        db.session.commit()
        ingest.ingest(source.id)
        release(customer.chatbot_id)


def chatbot_of(app, customer):
    found = db.session.get(Chatbot, customer.chatbot_id)
    db.session.refresh(found)
    return found


def text_of(client, address):
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))


def first_version(app, customer):
    with inside(app):
        return str(versions.list_versions(chatbot_of(app, customer))[-1].uuid)


def actions_of(app, customer):
    with inside(app):
        query = select(AuditEvent.action).where(AuditEvent.service_id == customer.service_id)
        return list(db.session.scalars(query.order_by(AuditEvent.id)))


def test_an_owner_goes_back_reads_that_what_is_new_waits_and_trains_it(app, acme, woken):
    learn(app, acme, "a.txt", "The first text.")
    learn(app, acme, "b.txt", "The second text.")
    client, page = sign_in(app, acme), f"/versions/{acme.chatbot_uuid}"
    said = text_of(client, page)
    assert "2 Answers now" in said
    assert "b.txt read" in said
    assert "2 chunks of 2 documents" in said
    client.post(f"{page}/{first_version(app, acme)}/restore")
    assert "1 Answers now" in text_of(client, page)
    assert "what is new waits until you train it" in text_of(client, f"/chatbot/{acme.chatbot_uuid}")
    client.post(f"/chatbot/{acme.chatbot_uuid}/train")
    assert woken == [acme.chatbot_id]
    with inside(app):
        release(acme.chatbot_id)
    said = text_of(client, page)
    assert "3 Answers now" in said
    assert "trained by hand, ada canary" in said
    assert actions_of(app, acme)[-2:] == ["chatbot.rollback", "chatbot.train"]


def test_what_is_held_back_is_told_with_its_reason_and_published_all_the_same(app, acme, woken):
    client, page = sign_in(app, acme), f"/golden/{acme.chatbot_uuid}"
    learn(app, acme, "fee.txt", "The annual fee for the berth is forty crowns.")
    client.post(f"{page}/add", data={"question": "What is the annual fee for the berth?", "words": "forty"})
    assert "not asked yet" in text_of(client, page)
    client.post(f"{page}/switch")
    learn(app, acme, "fee.txt", "The annual fee for the berth is fifty crowns.")
    for place in (page, f"/versions/{acme.chatbot_uuid}", f"/chatbot/{acme.chatbot_uuid}"):
        said = text_of(client, place)
        assert "“What is the annual fee for the berth?” was answered, and would be missed." in said, place
    assert "Held back" in text_of(client, f"/chatbot/{acme.chatbot_uuid}")
    client.post(f"/versions/{acme.chatbot_uuid}/publish")
    assert woken == [acme.chatbot_id]
    with inside(app):
        release(acme.chatbot_id)
    assert "0 of 1 answered" in text_of(client, f"/versions/{acme.chatbot_uuid}")
    assert "Missed" in text_of(client, page)
    assert actions_of(app, acme)[-3:] == ["golden.add", "golden.switch", "chatbot.publish_worse"]


def test_golden_questions_come_from_a_csv_and_go(app, acme, monkeypatch):
    client, page = sign_in(app, acme), f"/golden/{acme.chatbot_uuid}"
    file = (io.BytesIO(b"question,words\nWho?,Ada\nWhere?,Here\n"), "golden.csv")
    client.post(f"{page}/add", data={"file": file}, content_type="multipart/form-data")
    assert "Where?" in text_of(client, page)
    with inside(app):
        uuid = db.session.scalars(select(GoldenQuestion.uuid).where(GoldenQuestion.question == "Who?")).one()
    client.post(f"{page}/{uuid}/delete")
    assert "Who?" not in text_of(client, page)
    refused = client.post(f"{page}/add", data={"question": "Why?"}, headers={"Referer": f"http://localhost{page}"})
    assert "which words are expected" in text_of(client, refused.location)
    monkeypatch.setattr("views.versions.MAX_CSV_BYTES", 20)
    large = {"file": (io.BytesIO(b"question,words\nHow?,So\n"), "golden.csv")}
    refused = client.post(f"{page}/add", data=large, headers={"Referer": f"http://localhost{page}"})
    assert "larger than 1 MB" in text_of(client, refused.location)


def test_uma_reads_and_changes_nothing_and_cid_does_not_know_of_it(app, acme, cid):
    learn(app, acme, "a.txt", "The first text.")
    learn(app, acme, "b.txt", "The second text.")
    uma = come_in(app, add_person(app, "uma", place=(acme.service_id, acme.workspace_id, "user")))
    stranger, version = sign_in(app, cid), first_version(app, acme)
    for page in (f"/versions/{acme.chatbot_uuid}", f"/golden/{acme.chatbot_uuid}"):
        assert "Go back" not in text_of(uma, page)
        assert stranger.get(page).status_code == 404
    for act in (f"versions/{acme.chatbot_uuid}/{version}/restore", f"versions/{acme.chatbot_uuid}/publish",
                f"golden/{acme.chatbot_uuid}/add", f"golden/{acme.chatbot_uuid}/switch"):  # fmt: skip
        assert uma.post(f"/{act}").status_code == 403
        assert stranger.post(f"/{act}").status_code == 404
    own = f"/versions/{cid.chatbot_uuid}/{version}/restore"
    assert stranger.post(own).status_code == 404, "a version of somebody else's chatbot"
