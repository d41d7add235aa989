"""Going back to an older generation: it answers at once, holds nothing that was deleted, and is not undone by the clock."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.answering.search import search
from app.knowledge import chatbots, holds, ingest, publish, reconcile, sources, versions
from app.knowledge.local_copies import generation_folder
from app.knowledge.versions import VersionError
from models import Chatbot, Chunk, Generation, Source, db
from tests.conftest import inside
from tests.knowledge.conftest import add, learn

FEE = "What is the annual fee for the marina berth?"


def finds(app, chatbot_id, question, text):
    with inside(app):
        return any(text in hit.text for hit in search(db.session.get(Chatbot, chatbot_id), question, k=3))


def go_back(app, chatbot_id, number):
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        [wanted] = [row for row in versions.list_versions(chatbot) if row.number == number]
        versions.go_back(chatbot, wanted)
        db.session.commit()


@pytest.fixture
def two_versions(app, chatbot_id):
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is forty crowns.")
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is fifty crowns.")
    return chatbot_id


def test_replaced_text_answers_again_and_the_newest_can_be_taken_again(app, two_versions):
    assert finds(app, two_versions, FEE, "fifty")
    go_back(app, two_versions, 1)
    assert (finds(app, two_versions, FEE, "forty"), finds(app, two_versions, FEE, "fifty")) == (True, False)
    with inside(app):
        chatbot = db.session.get(Chatbot, two_versions)
        assert (chatbot.version, chatbot.held_for, chatbot.training_status) == (2, "rollback", "due")
    go_back(app, two_versions, 2)
    assert (finds(app, two_versions, FEE, "forty"), finds(app, two_versions, FEE, "fifty")) == (False, True)
    with inside(app):
        chatbot = db.session.get(Chatbot, two_versions)
        assert (chatbot.version, chatbot.held_for, chatbot.training_status) == (2, "", "ready")


@pytest.mark.parametrize("how", ["delete", "switch", "chunk"])
def test_a_version_gone_back_to_never_answers_with_what_was_deleted_or_switched_off(app, two_versions, how):
    with inside(app):
        source = db.session.scalars(select(Source).where(Source.chatbot_id == two_versions)).one()
        if how == "chunk":
            query = select(Chunk).where(Chunk.chatbot_id == two_versions, Chunk.text.contains("forty"))
            db.session.scalars(query).one().enabled = False
        else:
            getattr(sources, how)(source)
        db.session.commit()
    go_back(app, two_versions, 1)
    assert not finds(app, two_versions, FEE, "forty")
    assert not finds(app, two_versions, FEE, "fifty")


def test_what_is_new_waits_until_the_owner_has_it_trained(app, two_versions):
    go_back(app, two_versions, 1)
    source_id = add(app, two_versions, "ferry.txt", "The ferry sails at nine.")
    with inside(app):
        ingest.ingest(source_id)
        assert not reconcile.is_due(two_versions), "a nightly crawl must not undo it"
        holds.train(db.session.get(Chatbot, two_versions))
        db.session.commit()
        assert reconcile.is_due(two_versions)
        publish.publish(two_versions)
        chatbot = db.session.get(Chatbot, two_versions)
        assert (chatbot.version, chatbot.held_for, chatbot.training_status) == (3, "", "ready")
    assert finds(app, two_versions, "When does the ferry sail?", "nine")


def test_a_training_under_way_does_not_undo_it(app, two_versions, monkeypatch):
    real = publish._build

    def go_back_meanwhile(*args):
        n_chunks = real(*args)
        go_back(app, two_versions, 1)
        return n_chunks

    monkeypatch.setattr(publish, "_build", go_back_meanwhile)
    with inside(app):
        assert publish.publish(two_versions) is None
    assert finds(app, two_versions, FEE, "forty")


def test_the_last_three_are_kept_and_older_ones_leave_the_disk(app, chatbot_id):
    for n in range(5):
        learn(app, chatbot_id, f"{n}.txt", f"Sentence number {n} of the book of numbers.")
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        kept = versions.list_versions(chatbot)
        assert [row.number for row in kept] == [5, 4, 3]
        folder = generation_folder(chatbot.uuid, chatbot.uuid).parent
        assert {path.name for path in folder.iterdir()} == {str(row.uuid) for row in kept}
        with pytest.raises(VersionError, match="answers already"):
            versions.go_back(chatbot, kept[0])


def test_each_version_tells_what_changed_and_how_much_it_holds(app, chatbot_id):
    learn(app, chatbot_id, "a.txt", "The first text.")
    source_id = learn(app, chatbot_id, "b.txt", "The second text.")
    with inside(app):
        sources.delete(db.session.get(Source, source_id))
        chatbots.mark_due(db.session.get(Chatbot, chatbot_id), "trained by hand")
        db.session.commit()
        publish.publish(chatbot_id)
        query = select(Generation).where(Generation.chatbot_id == chatbot_id).order_by(Generation.number)
        told = [
            ([(cause["what"], cause["title"]) for cause in row.causes], row.n_documents, row.n_chunks)
            for row in db.session.scalars(query)
        ]
    assert told == [
        ([("read", "a.txt")], 1, 1),
        ([("read", "b.txt")], 2, 2),
        ([("deleted", "b.txt"), ("trained by hand", "")], 1, 1),
    ]


def test_a_change_during_a_training_is_told_of_the_next_version(app, chatbot_id, monkeypatch):
    learn(app, chatbot_id, "a.txt", "The first text.")
    real = publish._build

    def change_meanwhile(*args):
        n_chunks = real(*args)
        with inside(app):
            chatbots.mark_due(db.session.get(Chatbot, chatbot_id), "trained by hand")
            db.session.commit()
        return n_chunks

    monkeypatch.setattr(publish, "_build", change_meanwhile)
    with inside(app):
        publish.publish(chatbot_id)
        chatbot = db.session.get(Chatbot, chatbot_id)
        assert db.session.get(Generation, chatbot.generation_id).causes == []
        assert [cause["what"] for cause in chatbot.pending] == ["trained by hand"]
