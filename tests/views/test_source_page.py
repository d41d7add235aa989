"""A source's page: its stages, its text chunk by chunk, and what an owner does there."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from app.answering.search import search
from app.collaborators import here
from app.knowledge import ingest, publish, sources
from app.knowledge.timeline import steps_of
from jobs import queues
from models import AuditEvent, Chatbot, Chunk, Document, Source, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.knowledge.conftest import CountingEmbedder

TEXT = "\n\n".join(f"# Part {n}\n\n" + f"The lighthouse keeper number {n} is called Wilma. " * 14 for n in range(1, 41))


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """What workers were woken for."""
    found = []
    monkeypatch.setattr(queues, "wake_ingestion", lambda *ids: found.append(("read", *ids)))
    monkeypatch.setattr(queues, "wake_training", lambda *ids: found.append(("train", *ids)))
    return found


@pytest.fixture
def counting(app):
    """The real embedder, and how many texts it was given."""
    made = app.extensions["docent"]._made
    with inside(app):
        real = here().embedder
    made["embedder"] = CountingEmbedder(real)
    yield made["embedder"]
    made["embedder"] = real


@pytest.fixture
def acme(app):
    return make_customer(app, "ada")


@pytest.fixture
def book(app, acme):
    """The id of a published source of more chunks than one page shows."""
    return learn(app, acme, "book.md", TEXT)


def learn(app, customer, name, text):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, customer.chatbot_id), name, io.BytesIO(text.encode()))
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(customer.chatbot_id)
        return source.id


def address_of(app, source_id):
    with inside(app):
        return f"/source/{db.session.get(Source, source_id).uuid}"


def text_of(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))


def finds(app, customer, question, words):
    with inside(app):
        hits = search(db.session.get(Chatbot, customer.chatbot_id), question, k=10)
        return any(words in hit.text for hit in hits)


def test_every_stage_is_told_with_its_length(app, acme, book):
    with inside(app):
        steps = steps_of(db.session.get(Source, book))
    names = ["queued", "begun", "fetched", "parsed", "chunked", "embedded", "published"]
    assert [step.name for step in steps] == names
    assert all(step.at for step in steps)
    assert all(step.took_s >= 0 for step in steps[1:])
    moments = [step.at for step in steps]
    assert moments == sorted(moments)
    said = text_of(sign_in(app, acme), address_of(app, book))
    assert "Answers use its" in said
    assert all(name.capitalize() in said for name in names)


def test_a_stage_that_is_not_reached_yet_is_the_next(app, acme):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, acme.chatbot_id), "new.txt", io.BytesIO(b"New words."))
        db.session.commit()
        steps = steps_of(source)
    assert [step.name for step in steps if step.is_next] == ["begun"]


def test_what_is_wrong_is_said_with_what_to_do_and_tried_again(app, acme, woken):
    source_id = learn(app, acme, "empty.txt", "   ")
    client, page = sign_in(app, acme), address_of(app, source_id)
    said = text_of(client, page)
    with inside(app):
        advice = db.session.get(Source, source_id).error_advice
    assert "It could not be read." in said
    assert advice in said
    assert "Try again" in said
    assert client.post(f"{page}/retry").location == page
    assert woken == [("read", source_id)]


def test_its_chunks_are_paged_and_searched(app, acme, book):
    client, page = sign_in(app, acme), address_of(app, book)
    first = client.get(page).get_data(as_text=True)
    ids = [int(number) for number in re.findall(r'id="chunk-(\d+)"', first)]
    [following] = re.findall(r'href="\?(from=\d+)#chunks">Next', first)
    second = client.get(f"{page}?{following}").get_data(as_text=True)
    more = [int(number) for number in re.findall(r'id="chunk-(\d+)"', second)]
    assert len(ids) == 25
    assert min(more) > max(ids)
    found = text_of(client, f"{page}?q=number 7 is")
    assert "number 7 is" in found
    assert "number 8 is" not in found
    assert "No chunk holds that." in text_of(client, f"{page}?q=walrus")


def test_a_chunk_that_is_switched_off_is_in_no_answer_and_stays_off_when_the_source_is_read_again(
    app, acme, woken, counting
):
    source_id = learn(app, acme, "two.md", "# Ferry\n\nThe ferry sails at nine.\n\n# Bus\n\nThe bus leaves at four.")
    client, page = sign_in(app, acme), address_of(app, source_id)
    with inside(app):
        query = select(Chunk.id).join(Document, Document.id == Chunk.document_id)
        query = query.where(Document.source_id == source_id, Document.live, Chunk.text.contains("ferry"))
        chunk_id = db.session.scalars(query).one()
    switched = client.post(f"{page}/chunks/{chunk_id}/switch?q=ferry")
    assert switched.location == f"{page}?q=ferry#chunk-{chunk_id}"
    assert woken == [("train", acme.chatbot_id)]
    assert not finds(app, acme, "When does the ferry sail?", "ferry"), "at once, before the next generation"
    with inside(app):
        counting.n_texts = 0
        assert publish.publish(acme.chatbot_id).n_chunks == 1
        sources.queue_again(db.session.get(Source, source_id))
        db.session.commit()
        ingest.ingest(source_id)
        assert publish.publish(acme.chatbot_id).n_chunks == 1
        assert counting.n_texts == 0, "nothing is embedded again"
        chunk_id = db.session.scalars(query).one()
    client.post(f"{page}/chunks/{chunk_id}/switch")
    with inside(app):
        publish.publish(acme.chatbot_id)
    assert finds(app, acme, "When does the ferry sail?", "ferry")
    assert actions_of(app, acme) == ["chunk.switch", "chunk.switch"]


def actions_of(app, customer):
    with inside(app):
        query = select(AuditEvent.action).where(AuditEvent.service_id == customer.service_id)
        return [
            action for action in db.session.scalars(query.order_by(AuditEvent.id)) if action[:5] in ("chunk", "sourc")
        ]


def test_a_source_taken_out_of_answers_is_kept_and_comes_back_without_being_read(app, acme, book, monkeypatch):
    client, page = sign_in(app, acme), address_of(app, book)
    question = "What is the lighthouse keeper number 7 called?"
    assert finds(app, acme, question, "Wilma")
    client.post(f"{page}/switch")
    assert not finds(app, acme, question, "Wilma")
    assert "Switched off" in text_of(client, page)
    with inside(app):
        assert publish.publish(acme.chatbot_id).generation is None
    client.post(f"{page}/switch")
    monkeypatch.setattr(ingest, "parse", lambda *_: pytest.fail("parsed again"))
    with inside(app):
        publish.publish(acme.chatbot_id)
    assert finds(app, acme, question, "Wilma")


def send(client, page, name, data):
    return client.post(f"{page}/replace", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


def test_another_file_takes_its_place_and_the_old_text_answers_until_then(app, acme, woken):
    source_id = learn(app, acme, "fees 2025.txt", "The berth fee is forty crowns.")
    client, page = sign_in(app, acme), address_of(app, source_id)
    assert send(client, page, "fees 2026.txt", b"The berth fee is fifty crowns.").location == page
    assert woken == [("read", source_id)]
    question = "What is the berth fee?"
    assert finds(app, acme, question, "forty")
    with inside(app):
        ingest.ingest(source_id)
    assert finds(app, acme, question, "forty"), "until the new text is published"
    with inside(app):
        publish.publish(acme.chatbot_id)
        assert db.session.get(Source, source_id).title == "fees 2026.txt"
    assert not finds(app, acme, question, "forty")
    assert finds(app, acme, question, "fifty")


def test_it_is_not_replaced_by_what_is_a_source_already(app, acme):
    learn(app, acme, "other.txt", "Other words.")
    source_id = learn(app, acme, "mine.txt", "My words.")
    client, page = sign_in(app, acme), address_of(app, source_id)
    for name, data in (("other.txt", b"New words."), ("new.txt", b"Other words.")):
        assert send(client, page, name, data).status_code == 303
    assert client.post(f"{page}/replace").status_code == 302, "without a file it is said what to do"
    with inside(app):
        source = db.session.get(Source, source_id)
        assert (source.title, source.state) == ("mine.txt", "ready")


def test_uma_sees_it_and_changes_nothing_and_cid_does_not_know_of_it(app, acme, book, cid):
    page = address_of(app, book)
    uma = come_in(app, add_person(app, "uma", place=(acme.service_id, acme.workspace_id, "user")))
    said = text_of(uma, page)
    assert "Wilma" in said
    assert "Switch off" not in said
    assert "Replace" not in said
    for act in ("retry", "replace", "switch", "chunks/1/switch"):
        assert uma.post(f"{page}/{act}").status_code == 403
        assert sign_in(app, cid).post(f"{page}/{act}").status_code == 404
    assert sign_in(app, cid).get(page).status_code == 404


def test_the_lists_lead_to_it(app, acme, book):
    client, page = sign_in(app, acme), address_of(app, book)
    assert f'href="{page}"' in client.get(f"/chatbot/{acme.chatbot_uuid}/sources").get_data(as_text=True)
    assert client.get(f"/sourceview/show/{book}").location == page
