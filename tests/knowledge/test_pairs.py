"""Questions with answers of an owner: served word for word, counted, and gone when they are removed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app import answering
from app.answering import curated
from app.knowledge import ingest, pair_files, pairs, publish, sources
from app.knowledge.sources import SourceError
from models import Chatbot, CuratedAnswer, Source, db
from tests.conftest import inside
from tests.knowledge.conftest import learn

DELIVERY = ("How long does delivery take?", "Two days.\nOn islands: *four*.")


def teach(app, chatbot_id, *given):
    """Add pairs and train; return their source's id."""
    with inside(app):
        source, _ = pairs.add(db.session.get(Chatbot, chatbot_id), [pairs.make_pair(*pair) for pair in given])
        db.session.commit()
        source_id = source.id
        assert ingest.ingest(source_id).status == "ready"
        publish.publish(chatbot_id)
    return source_id


def reply(app, chatbot_id, question):
    with inside(app):
        return answering.answer(db.session.get(Chatbot, chatbot_id), question)


@pytest.mark.parametrize("asked", [
    "How long does delivery take?", "  how LONG does delivery take ", "Please tell me how long delivery takes",
])  # fmt: skip
def test_a_question_of_the_owner_gets_the_owners_words(app, chatbot_id, asked):
    teach(app, chatbot_id, DELIVERY, ("Do you sell gift cards?", "No."))
    found = reply(app, chatbot_id, asked)
    assert (found.state, found.text, found.citations) == ("curated", DELIVERY[1], ())
    with inside(app):
        hits = dict(db.session.execute(select(CuratedAnswer.question, CuratedAnswer.n_hits)).all())
        assert hits[DELIVERY[0]] >= 1


@pytest.mark.parametrize("asked", [
    "How much does delivery cost?", "How long does delivery not take?", "How long does delivery of 30 parcels take?",
    "delivery\0", "", "🙂", "How long does delivery take? " * 300,
])  # fmt: skip
def test_what_only_looks_alike_is_not_served_word_for_word(app, chatbot_id, asked):
    teach(app, chatbot_id, DELIVERY)
    assert reply(app, chatbot_id, asked).state != "curated"


OTHERS = ("When will my parcel arrive?", "shipping time")


def wordings(app, chatbot_id):
    """Return what each question is also asked as."""
    with inside(app):
        rows, _ = pairs.look(db.session.get(Chatbot, chatbot_id))
        return {row.question: list(map(str, row.wordings)) for row in rows}


def rewrite(app, chatbot_id, question, *pair):
    with inside(app):
        rows, _ = pairs.look(db.session.get(Chatbot, chatbot_id))
        pairs.rewrite(next(row for row in rows if row.question == question), pairs.make_pair(*pair))
        db.session.commit()


@pytest.mark.parametrize("asked", ["when will my parcel arrive", "Please tell me when my parcel will arrive"])
def test_another_wording_gets_the_answer_too_and_is_counted_with_its_question(app, chatbot_id, asked):
    teach(app, chatbot_id, (*DELIVERY, OTHERS))
    assert (reply(app, chatbot_id, asked).state, reply(app, chatbot_id, asked).text) == ("curated", DELIVERY[1])
    with inside(app):
        (row,), n_rows = pairs.look(db.session.get(Chatbot, chatbot_id), "parcel")
        assert (n_rows, row.question, row.n_hits) == (1, DELIVERY[0], 2)


def test_wordings_are_changed_with_their_question_and_gone_with_it(app, chatbot_id):
    teach(app, chatbot_id, (*DELIVERY, OTHERS))
    rewrite(app, chatbot_id, DELIVERY[0], OTHERS[0], "One week.", [DELIVERY[0], OTHERS[1]])
    assert wordings(app, chatbot_id) == {OTHERS[0]: [OTHERS[1], DELIVERY[0]]}
    assert {reply(app, chatbot_id, asked).text for asked in (DELIVERY[0], *OTHERS)} == {"One week."}
    rewrite(app, chatbot_id, OTHERS[0], OTHERS[0], "One week.")
    assert wordings(app, chatbot_id) == {OTHERS[0]: []}
    with inside(app):
        pairs.remove(pairs.look(db.session.get(Chatbot, chatbot_id))[0][0])
        db.session.commit()
        assert db.session.scalar(select(CuratedAnswer.id).where(CuratedAnswer.chatbot_id == chatbot_id)) is None


def test_a_wording_moves_to_the_pair_that_names_it_last_or_becomes_a_question_of_its_own(app, chatbot_id):
    parking = ("Is there parking?", "Yes.")
    teach(app, chatbot_id, (*DELIVERY, OTHERS), (*parking, OTHERS[:1]))
    assert wordings(app, chatbot_id) == {DELIVERY[0]: [OTHERS[1]], parking[0]: [OTHERS[0]]}
    teach(app, chatbot_id, (OTHERS[0], "On Monday."))
    assert wordings(app, chatbot_id) == {DELIVERY[0]: [OTHERS[1]], parking[0]: [], OTHERS[0]: []}
    assert reply(app, chatbot_id, OTHERS[0]).text == "On Monday."


def test_a_question_with_an_answer_of_its_own_is_no_wording_of_another(app, chatbot_id):
    teach(app, chatbot_id, DELIVERY)
    with inside(app), pytest.raises(SourceError, match="has an answer of its own"):
        pairs.add(db.session.get(Chatbot, chatbot_id), [pairs.make_pair("Is it quick?", "Yes.", [DELIVERY[0].lower()])])


def test_wordings_that_say_nothing_new_are_left_out_and_too_many_refused():
    assert pairs.make_pair("Why?", "So.", ["", "why", " What for? ", "what for"]).wordings == ("what for",)
    with pytest.raises(SourceError, match="may have 20 other wordings"):
        pairs.make_pair("Why?", "So.", [f"Why {n}?" for n in range(21)])


def test_hits_are_counted_one_by_one(app, chatbot_id):
    teach(app, chatbot_id, DELIVERY)
    for _ in range(3):
        reply(app, chatbot_id, DELIVERY[0])
    with inside(app):
        rows, n_rows = pairs.look(db.session.get(Chatbot, chatbot_id))
        assert (n_rows, rows[0].n_hits, rows[0].last_hit_at is not None) == (1, 3, True)


def test_a_pair_answers_before_it_is_trained_and_in_its_new_words_at_once(app, chatbot_id):
    with inside(app):
        _, (row,) = pairs.add(db.session.get(Chatbot, chatbot_id), [pairs.make_pair(*DELIVERY)])
        db.session.commit()
        pair_id = row.id
    assert reply(app, chatbot_id, DELIVERY[0]).text == DELIVERY[1]
    with inside(app):
        pairs.rewrite(db.session.get(CuratedAnswer, pair_id), pairs.make_pair(DELIVERY[0], "One week."))
        db.session.commit()
    assert reply(app, chatbot_id, DELIVERY[0]).text == "One week."


def test_what_else_a_pair_says_is_found_among_the_documents(app, chatbot_id):
    teach(app, chatbot_id, ("Can I bring my dog?", "Dogs on a lead are welcome in the garden, never in the museum."))
    found = reply(app, chatbot_id, "Are dogs welcome in the garden of the museum?")
    assert found.state == "grounded"
    assert found.citations[0].locator == {"heading": "Can I bring my dog?"}


def test_the_same_question_again_replaces_its_answer(app, chatbot_id):
    teach(app, chatbot_id, DELIVERY, ("Is there parking?", "Yes."))
    teach(app, chatbot_id, ("how long does delivery take", "Three days."))
    assert reply(app, chatbot_id, DELIVERY[0]).text == "Three days."
    with inside(app):
        assert pairs.look(db.session.get(Chatbot, chatbot_id))[1] == 2


def test_a_question_is_not_rewritten_into_another_one(app, chatbot_id):
    teach(app, chatbot_id, DELIVERY, ("Is there parking?", "Yes."))
    with inside(app):
        row = pairs.look(db.session.get(Chatbot, chatbot_id), "parking")[0][0]
        with pytest.raises(SourceError, match="has an answer already"):
            pairs.rewrite(row, pairs.make_pair(*DELIVERY))


@pytest.mark.parametrize("how", ["pair", "source", "switch"])
def test_what_is_removed_or_switched_off_answers_no_more(app, chatbot_id, how):
    learn(app, chatbot_id, "other.txt", "The museum opens at nine.")
    source_id = teach(app, chatbot_id, DELIVERY)
    reply(app, chatbot_id, DELIVERY[0])
    with inside(app):
        if how == "pair":
            pairs.remove(pairs.look(db.session.get(Chatbot, chatbot_id))[0][0])
        elif how == "source":
            sources.delete(db.session.get(Source, source_id))
        else:
            db.session.get(Source, source_id).allowed_training = False
        db.session.commit()
    for asked in (DELIVERY[0], "how long delivery takes", "What is special about islands?"):
        found = reply(app, chatbot_id, asked)
        assert "four" not in found.text
        assert found.state != "curated"
    with inside(app):
        publish.publish(chatbot_id)
        held = db.session.scalar(select(CuratedAnswer.id).where(CuratedAnswer.chatbot_id == chatbot_id))
        assert (held is not None) == (how == "switch")


def test_another_embedding_model_has_its_own_vectors_of_the_questions(app, chatbot_id):
    teach(app, chatbot_id, DELIVERY)
    with inside(app):
        row = pairs.look(db.session.get(Chatbot, chatbot_id))[0][0]
        row.embedding_name = "another/model"
        db.session.commit()
        curated._kept.clear()
        assert curated.find(db.session.get(Chatbot, chatbot_id), "tell me how long delivery takes") is None
        publish.publish(chatbot_id)
        db.session.expire_all()
        assert curated.find(db.session.get(Chatbot, chatbot_id), "tell me how long delivery takes") is not None


@pytest.mark.parametrize(("question", "answer", "words"), [
    ("", "x", "question is missing"), ("??", "x", "question is missing"), ("x", " \n", "answer is missing"),
    ("x" * 301, "x", "may have 300"), ("x", "y" * 5001, "may have 5,000"),
])  # fmt: skip
def test_a_pair_that_can_not_be_kept_says_why(question, answer, words):
    with pytest.raises(SourceError, match=words):
        pairs.make_pair(question, answer)


def test_a_file_of_nothing_but_mistakes_is_not_read_to_its_end():
    with pytest.raises(SourceError, match="more than 2,000 questions"):
        pair_files.read(b"No answer,\n" * 200_000)


@pytest.mark.parametrize("question", ["a" + "!" * 400_000 + "a", "a" + " \t" * 200_000 + "\N{NO-BREAK SPACE}"])
def test_a_long_run_of_marks_or_spaces_holds_nobody_up(question):
    assert pairs.plain_form(question).startswith("a")
    with pytest.raises(SourceError):
        pairs.make_pair(question, "")


def test_there_is_an_end_to_how_many(app, chatbot_id, monkeypatch):
    monkeypatch.setattr(pairs, "MAX_PAIRS", 1)
    with inside(app), pytest.raises(SourceError, match="room for 1"):
        pairs.add(db.session.get(Chatbot, chatbot_id), [pairs.make_pair("a", "b"), pairs.make_pair("c", "d")])
