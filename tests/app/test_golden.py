"""Golden questions: asked of each generation before it answers anybody, and able to hold it back."""

from __future__ import annotations

import io

import pytest

from app.answering import golden
from app.answering.golden import GoldenError
from app.answering.release import release
from app.answering.search import search
from app.knowledge import holds, ingest, reconcile, sources
from models import Chatbot, Generation, db
from tests.conftest import inside, make_customer

FEE, FERRY = "What is the annual fee for the marina berth?", "When does the ferry to Elmwick sail?"


@pytest.fixture
def chatbot_id(app):
    return make_customer(app, "ada").chatbot_id


def learn(app, chatbot_id, name, text):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, chatbot_id), name, io.BytesIO(text.encode()))
        db.session.commit()
        ingest.ingest(source.id)
        return release(chatbot_id)


def keep(app, chatbot_id, *rows):
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        for row in rows:
            golden.add(chatbot, *row)
        db.session.commit()


def results(app, chatbot_id):
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        rows = db.session.get(Generation, chatbot.generation_id).golden
        return {row["question"]: (row["level"], row["change"]) for row in rows}


def finds(app, chatbot_id, question, text):
    with inside(app):
        return any(text in hit.text for hit in search(db.session.get(Chatbot, chatbot_id), question, k=3))


def test_each_generation_is_asked_and_compared_with_the_one_before(app, chatbot_id):
    keep(app, chatbot_id, (FEE, "", "forty crowns | 40 crowns"), (FERRY, "ferry.txt", ""))
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is forty crowns.")
    assert results(app, chatbot_id) == {FEE: ("answered", "new"), FERRY: ("missed", "new")}
    learn(app, chatbot_id, "ferry.txt", "The ferry to Elmwick sails at nine.")
    assert results(app, chatbot_id) == {FEE: ("answered", "same"), FERRY: ("answered", "better")}
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is fifty crowns.")
    assert results(app, chatbot_id)[FEE] == ("missed", "worse"), "published all the same: nobody asked to hold it"
    assert finds(app, chatbot_id, FEE, "fifty")


def test_what_gets_worse_is_held_back_until_it_is_mended_or_accepted(app, chatbot_id):
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is forty crowns.")
    keep(app, chatbot_id, (FEE, "", "forty crowns"))
    with inside(app):
        db.session.get(Chatbot, chatbot_id).holds_worse = True
        db.session.commit()
    assert learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is fifty crowns.") is None
    assert finds(app, chatbot_id, FEE, "forty"), "the old generation answers on"
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        assert (chatbot.held_for, chatbot.version, chatbot.training_status) == ("worse", 1, "due")
        assert [(row["before"], row["level"], row["change"]) for row in chatbot.held_golden] == [
            ("answered", "missed", "worse")
        ]
        assert not reconcile.is_due(chatbot_id), "it is not built again and again"
        assert [path.name for path in _folder(chatbot).iterdir()] == [
            str(db.session.get(Generation, chatbot.generation_id).uuid)
        ], "nothing of it stays on the disk"
        holds.train(chatbot, accepts_worse=True)
        db.session.commit()
        assert reconcile.is_due(chatbot_id)
        assert release(chatbot_id).n_chunks == 1
        chatbot = db.session.get(Chatbot, chatbot_id)
        assert (chatbot.held_for, chatbot.held_golden, chatbot.accepts_worse, chatbot.version) == ("", [], False, 2)
    assert finds(app, chatbot_id, FEE, "fifty")


def _folder(chatbot):
    from app.knowledge.local_copies import generation_folder

    return generation_folder(chatbot.uuid, chatbot.uuid).parent


def test_a_later_change_that_mends_it_is_published_by_itself(app, chatbot_id):
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is forty crowns.")
    keep(app, chatbot_id, (FEE, "", "forty crowns"))
    with inside(app):
        db.session.get(Chatbot, chatbot_id).holds_worse = True
        db.session.commit()
    learn(app, chatbot_id, "fee.txt", "The annual fee for the marina berth is fifty crowns.")
    learn(app, chatbot_id, "fee.txt", "From today on the annual fee for the marina berth is forty crowns.")
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        assert (chatbot.held_for, chatbot.version) == ("", 2)


def test_many_come_from_a_csv_or_none_does(app, chatbot_id):
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        text = "\ufeffQuestion;Source;Words\nWho?;;Ada|Ben\nWhere?;map.pdf;\n;;\n"
        assert len(golden.add_csv(chatbot, text.encode())) == 2
        db.session.commit()
        kept = [(row.question, row.document, row.answers) for row in golden.list_questions(chatbot)]
        assert kept == [("Who?", "", ["Ada", "Ben"]), ("Where?", "map.pdf", [])]
        golden.add(chatbot, "Who?", "", "Cid")
        assert len(golden.list_questions(chatbot)) == 2, "the same question is changed, not doubled"


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "first line"),
        (b"frage,antwort\nx,y\n", "first line"),
        (b"question,words\n", "no question"),
        (b"question,words\nWho?,Ada\nWhat?,\n", "Line 3"),
        (b"question,words\nWho?," + b"x" * 600, "500 characters"),
        (b'question,words\n"Who?' + b"\x00" * 5, "Say for"),
        (b"question,words\n" + b"Who?,Ada\n" * 201, "more than 200 questions"),
    ],
)
def test_a_csv_that_can_not_be_used_is_said(app, chatbot_id, raw, word):
    with inside(app), pytest.raises(GoldenError, match=word):
        golden.add_csv(db.session.get(Chatbot, chatbot_id), raw)


def test_there_is_an_end_to_them(app, chatbot_id, monkeypatch):
    monkeypatch.setattr(golden, "MAX_QUESTIONS", 1)
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        golden.add(chatbot, "Who?", "", "Ada")
        with pytest.raises(GoldenError, match="at most"):
            golden.add(chatbot, "Where?", "", "There")
