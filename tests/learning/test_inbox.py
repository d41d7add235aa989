"""Questions without a good answer: grouped by meaning, asked again once the chatbot knows more, and back when asked anew."""

from __future__ import annotations

import datetime as dt
import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from app.history import recording
from app.knowledge import embedding
from app.learning import answers, asking, clustering, counts, inbox
from app.privacy import erasing
from indexes import embedding_server
from models import AskedQuestion, ChatSession, QuestionCluster, db
from tests.conftest import inside
from tests.insights.conftest import MONDAY
from tests.learning.conftest import MIXER

OTHER = "Do you sell gift cards?"


def test_questions_that_mean_the_same_stand_together_the_largest_first(school):
    school.ask(OTHER, *MIXER)
    school.ask("How long does delivery take?", state="grounded")
    school.learn()
    assert school.clusters() == [(MIXER[0], 3, 3), (OTHER, 1, 1)]
    assert school.parts("cluster"), "answered ones are counted too, for the top questions"
    assert sum(n for n, _ in school.parts("cluster").values()) == 5
    assert sum(answered for _, answered in school.parts("cluster").values()) == 1


def test_clusters_stay_as_they_are_whenever_they_are_looked_at(app, school):
    def members():
        with inside(app):
            rows = db.session.query(AskedQuestion).filter_by(chatbot_id=school.customer.chatbot_id)
            return {row.message_id: row.cluster_id for row in rows}

    school.ask(*MIXER, OTHER)
    school.learn()
    before = members()
    school.learn()
    school.ask("Where can I rent a concrete mixer?", "How old is the shop?")
    school.learn()
    assert before.items() < members().items()
    assert school.clusters()[0] == (MIXER[0], 4, 4)


def test_the_same_questions_come_to_the_same_clusters_in_small_batches_too(school, monkeypatch):
    monkeypatch.setattr(clustering, "AT_ONCE", 2)
    school.ask(OTHER, *MIXER)
    school.learn()
    assert school.clusters() == [(MIXER[0], 3, 3), (OTHER, 1, 1)]


def test_a_bad_rating_brings_an_answered_question_into_the_inbox(app, school):
    school.ask("How long does delivery take?", state="grounded")
    school.learn()
    assert school.clusters() == []
    with inside(app):
        answer = school.answer_to("How long does delivery take?")
        recording.give_feedback(answer.chat_session, answer.uuid, -1)
    school.learn()
    assert school.clusters() == [("How long does delivery take?", 1, 1)]
    with inside(app):
        answer = school.answer_to("How long does delivery take?")
        recording.give_feedback(answer.chat_session, answer.uuid, 1)
    school.learn()
    assert school.clusters() == [], "the visitor thought again"


def test_small_talk_and_failures_teach_nothing(school):
    school.ask("hello", state="curated", evidence={"small_talk": "greeting"})
    school.ask("Why?", state="error")
    school.learn()
    with inside(school.app):
        assert db.session.query(AskedQuestion).filter_by(chatbot_id=school.customer.chatbot_id).count() == 0


def test_after_the_next_publish_questions_are_asked_again(school):
    school.ask(*MIXER)
    school.learn()
    assert school.cluster().asked_again_at is None
    school.teach(rental="# Rental\n\nYou can rent a concrete mixer for twenty euros a day.")
    school.learn()
    row = school.cluster()
    assert (row.n_troubled, row.n_open) == (3, 0)
    assert row.asked_again_at is not None


def test_it_is_shown_which_are_answered_now_and_which_are_not(app, school):
    school.ask(*MIXER)
    school.learn()
    with inside(app):
        cluster = db.session.get(QuestionCluster, school.cluster().id)
        answers.write(school.chatbot(), cluster, MIXER[0], "Yes, for 20 euros.", [MIXER[1]])
        db.session.commit()
    school.learn()
    row = school.cluster()
    assert (row.n_troubled, row.n_open) == (3, 1)
    with inside(app):
        wordings = inbox.read_wordings(db.session.get(QuestionCluster, row.id))
        told = [(wording.text, wording.n_open, wording.was_asked_again) for wording in wordings]
        assert told == [(MIXER[2], 1, True), (MIXER[0], 0, True), (MIXER[1], 0, True)]


def test_a_cluster_that_is_answered_comes_back_when_it_is_refused_again(school):
    school.ask(*MIXER)
    school.learn()
    school.teach(rental="# Rental\n\nYou can rent a concrete mixer for twenty euros a day.")
    school.learn()
    assert school.clusters() == []
    assert school.clusters("answered") == [(MIXER[0], 3, 0)]
    school.ask(MIXER[1], at=MONDAY + dt.timedelta(days=1))
    school.learn()
    assert school.clusters() == [(MIXER[0], 4, 1)]


def test_the_owners_answer_is_given_to_all_wordings_at_once(app, school):
    school.ask(*MIXER)
    school.learn()
    with inside(app):
        cluster = db.session.get(QuestionCluster, school.cluster().id)
        wordings = [wording.text for wording in inbox.read_wordings(cluster)]
        row, n_others = answers.write(school.chatbot(), cluster, MIXER[0], "Yes, for 20 euros.", [*wordings, "x" * 400])
        assert n_others == 2
        db.session.flush()
        db.session.refresh(row)
        assert {wording.question for wording in row.wordings} == set(MIXER[1:])
        db.session.commit()
    school.learn()
    assert school.clusters("answered") == [(MIXER[0], 3, 0)]


def test_a_disliked_answer_is_not_mended_by_giving_it_again(app, school):
    school.ask("How long does delivery take?", state="grounded", feedback="negative")
    with inside(app):
        from app.answering import trial

        now = trial.ask(school.chatbot(), "How long does delivery take?")
        assert now.state == "grounded"
        from models import Citation

        answer = school.answer_to("How long does delivery take?")
        for citation in now.citations:
            row = Citation(
                **school.owned, message_id=answer.id, n=citation.n, title="t", quote="q", chunk_id=citation.chunk_id
            )
            db.session.add(row)
        db.session.commit()
    school.learn()
    school.teach(other="# Other\n\nThis text is about something else.")
    school.learn()
    row = school.cluster()
    assert (row.n_troubled, row.n_open) == (1, 1)
    assert row.asked_again_at is not None


def test_asking_again_has_an_end(app, school, monkeypatch):
    monkeypatch.setattr(asking, "MAX_WORDINGS", 2)
    monkeypatch.setattr(asking, "MAX_CLUSTERS", 1)
    school.ask(*MIXER, OTHER)
    school.learn()
    school.teach(rental="# Rental\n\nYou can rent a concrete mixer. Gift cards are sold.")
    school.learn()
    assert school.clusters() == [(MIXER[0], 3, 1), (OTHER, 1, 1)]
    with inside(app):
        assert school.customer.chatbot_id not in asking.due_chatbots()


def test_what_is_ignored_stays_out_of_sight_until_it_is_restored(app, school):
    school.ask(OTHER)
    school.learn()
    with inside(app):
        inbox.ignore(db.session.get(QuestionCluster, school.cluster().id), None)
        db.session.commit()
    school.ask(OTHER)
    school.learn()
    assert school.clusters() == []
    assert school.clusters("ignored") == [(OTHER, 2, 2)]
    with inside(app):
        inbox.restore(db.session.get(QuestionCluster, school.cluster().id))
        db.session.commit()
    assert school.clusters() == [(OTHER, 2, 2)]


def test_of_erased_chats_nothing_is_left_but_counts(app, school):
    school.ask(OTHER, *MIXER)
    school.learn()
    with inside(app):
        chats = db.session.query(ChatSession).filter_by(chatbot_id=school.customer.chatbot_id).order_by(ChatSession.id)
        for chat in chats.all()[:2]:
            db.session.delete(chat)
        db.session.commit()
        counts.renew_all()
    assert school.clusters() == [(MIXER[1], 2, 2)]
    with inside(app):
        clusters = db.session.query(QuestionCluster).filter_by(chatbot_id=school.customer.chatbot_id)
        assert clusters.count() == 1, "an embedding says something of its text, and goes with it"


def test_a_page_of_many_clusters_asks_the_database_as_often_as_one_of_a_few(school):
    def n_statements() -> int:
        asked: list[str] = []
        with inside(school.app):
            listen = (db.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
            event.listen(*listen)
            lines = inbox.look("open", [school.customer.chatbot_id])
            event.remove(*listen)
            assert all(line.samples for line in lines)
        return len(asked)

    school.ask(*MIXER)
    school.learn()
    few = n_statements()
    school.ask("Who painted the Mona Lisa?", "Who was the painter of the Mona Lisa?")
    school.ask("How do I bake bread?", "How do I bake a bread?")
    school.learn()
    assert len(school.clusters()) == 3
    assert n_statements() == few


def test_a_group_whose_first_question_was_erased_is_led_by_the_next_and_keeps_nothing_of_it(app, school):
    school.ask(*MIXER)
    school.learn()
    before = school.cluster()
    with inside(app):
        first = school.answer_to(MIXER[0])
        erasing.erase([first.session_id])
        db.session.commit()
        counts.renew_all()
    lost = school.cluster()
    assert (lost.leader_id, lost.embedding_name) == (None, "")
    with inside(app):
        assert db.session.scalar(select(QuestionCluster.embedding).where(QuestionCluster.id == lost.id)) == b""
        assert school.customer.chatbot_id in clustering.due_chatbots()
    school.learn()
    led = school.cluster()
    assert led.leader_id not in (None, before.leader_id)
    assert led.embedding_name == before.embedding_name
    with inside(app):
        assert school.customer.chatbot_id not in clustering.due_chatbots()
    school.ask("Where can I rent a concrete mixer?", at=MONDAY + dt.timedelta(days=1))
    school.learn()
    assert school.clusters() == [(MIXER[1], 3, 3)], "what means the same still comes to it"


@contextmanager
def serving(model, folder):
    """The embedding process of a machine, as a thread: its socket."""
    path = str(folder / "embedder.sock")
    with embedding_server._Server(path, embedding_server._Talk) as server:
        server.embedder = model
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield path
        server.shutdown()
        thread.join()


def test_asking_again_in_a_worker_loads_no_model_of_its_own(app, school, monkeypatch, tmp_path):
    school.ask(*MIXER)
    school.learn()
    with inside(app):
        cluster = db.session.get(QuestionCluster, school.cluster().id)
        answers.write(school.chatbot(), cluster, "Do you rent mixers?", "Yes, for 20 euros.", [])
        db.session.commit()
    collaborators = app.extensions["docent"]
    with serving(collaborators.embedder, tmp_path) as path, monkeypatch.context() as horse, inside(app):
        horse.setenv(embedding.SOCKET, path)
        horse.setattr(type(collaborators), "embedder", property(lambda _: pytest.fail("a model was loaded")))
        assert asking.ask_due(school.customer.chatbot_id) == 1
    assert school.cluster().asked_again_at is not None
