"""The PostgreSQL that keeps vectors is away: earlier versions answer, or nobody does in a plain sentence; and it is said."""

from __future__ import annotations

import pytest

from app import answering
from app.answering import moving
from app.care import doctor
from app.knowledge import generations, holds, publish
from indexes.vector_index import VectorsAway
from models import Chatbot, db
from tests.conftest import inside
from tests.knowledge.conftest import learn
from tests.vectors.conftest import ANSWER, QUESTION, forget_open


@pytest.fixture
def moved(app, chatbot_id):
    with inside(app):
        moving.move(db.session.get(Chatbot, chatbot_id), "pgvector")
    return chatbot_id


@pytest.fixture
def crash(postgres):
    """Ends the server; it is there again after the test."""
    is_down = []

    def crash():
        postgres.crash()
        is_down.append(True)

    yield crash
    if is_down and not postgres.is_running:
        postgres.start()
    forget_open()


def ask(app, chatbot_id):
    with inside(app):
        found = answering.answer(db.session.get(Chatbot, chatbot_id), QUESTION)
        return found.state, ANSWER in found.text


def is_due(app, chatbot_id):
    with inside(app):
        return db.session.get(Chatbot, chatbot_id).training_status == "due"


@pytest.mark.parametrize("is_open", [True, False])
def test_the_version_in_memory_answers_meanwhile_and_nothing_is_built_for_it(app, moved, crash, is_open):
    if is_open:
        assert ask(app, moved) == ("grounded", True)
    else:
        forget_open()
    crash()
    assert ask(app, moved) == ("grounded", True)
    assert not is_due(app, moved)


def test_without_one_in_memory_it_refuses_and_answers_again_once_the_server_is_back(
    app, moved, crash, postgres, monkeypatch
):
    for n in range(publish.KEPT_GENERATIONS):
        learn(app, moved, f"{n}.txt", f"Sentence {n} is about barley.")
    assert ask(app, moved) == ("grounded", True)
    crash()
    assert ask(app, moved) == ("refused", False)
    assert not is_due(app, moved)
    postgres.start()
    monkeypatch.setattr(generations, "ASK_AGAIN_AFTER_S", 0)
    assert ask(app, moved) == ("grounded", True)


def test_a_training_meanwhile_fails_and_leaves_what_there_is(app, moved, crash):
    crash()
    with inside(app), pytest.raises(VectorsAway):
        publish.publish(moved)
    with inside(app):
        assert db.session.get(Chatbot, moved).training_status == "failed"
    assert ask(app, moved) == ("grounded", True)


def finding(app):
    with inside(app):
        [found] = [found for found in doctor.Examination(is_thorough=False) if found.check == "vectors"]
        return found


def test_the_doctor_says_where_vectors_are_to_lie_and_whether_they_can(app, moved, crash, monkeypatch):
    assert finding(app).state == "good"
    crash()
    assert (finding(app).state, "VECTOR_DATABASE_URL" in finding(app).cure) == ("wrong", True)
    monkeypatch.setitem(app.extensions["docent"].__dict__, "vector_server", None)
    assert (finding(app).state, "CREATE EXTENSION vector" in finding(app).cure) == ("wrong", True)


def test_the_doctor_tells_of_those_that_were_built_in_memory_instead(app, moved, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(app.extensions["docent"].__dict__, "vector_server", None)
        with inside(app):
            publish.publish(moved)
    found = finding(app)
    assert (found.state, "move-index" in found.cure) == ("wrong", True)
    with inside(app):
        db.session.get(Chatbot, moved).held_for = holds.ROLLBACK  # its owner wants that one
        db.session.commit()
    assert finding(app).state == "good"
