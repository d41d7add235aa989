"""Rollups: everything is counted once, late ratings correct them, and they outlive what they were made of."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from contextlib import contextmanager

from app.history import recording
from app.insights import counting, tally
from app.privacy import erasing
from models import AskedQuestion, ChatSession, Domain, Message, db
from models.base import now
from tests.conftest import inside
from tests.insights.conftest import MONDAY

N_LATE = 20  # chats


def test_questions_answers_ratings_and_costs_are_counted_once(visits):
    visits.chat(("Price?", "grounded", {"cost": 700, "feedback": "positive"}), ("Hours?", "refused"))
    visits.chat(
        ("Hello", "curated", {"evidence": {"small_talk": "greeting"}}), ("Why?", "error", {"cost": 5}), language="de"
    )
    visits.enter("form")
    visits.enter("handoff")
    assert visits.count() >= 10
    expected = {
        "n_sessions": 2, "n_questions": 4, "n_grounded": 1, "n_curated": 1, "n_refused": 1, "n_error": 1,
        "n_positive": 1, "n_submissions": 1, "n_handoffs": 1, "cost": 705,
    }  # fmt: skip
    assert visits.hours() == expected
    assert visits.parts("page") == {"/prices": (4, 2)}, "without what follows the question mark"
    assert visits.parts("domain") == {str(visits.customer.domain_id): (4, 2)}
    assert visits.parts("language") == {"de": (2, 1)}
    assert visits.parts("response") == {"12": (4, 2)}
    assert visits.count() == 0
    assert visits.hours() == expected


def test_what_comes_later_is_added_to_its_own_hour(app, visits):
    visits.chat(("One?", "grounded"))
    visits.count()
    visits.chat(("Late?", "grounded"))
    visits.chat(("Next hour?", "grounded"), at=MONDAY + dt.timedelta(hours=1))
    visits.count()
    with inside(app):
        from models import ChatbotHour

        rows = db.session.query(ChatbotHour).filter_by(chatbot_id=visits.customer.chatbot_id).order_by(ChatbotHour.hour)
        assert [(row.hour, row.n_questions) for row in rows] == [
            (tally.hour_of(MONDAY), 2), (tally.hour_of(MONDAY) + 1, 1),
        ]  # fmt: skip


def test_an_answer_is_counted_once_it_is_there(app, visits):
    visits.chat(("Slow?", None, {"finish": "pending"}))
    visits.count()
    assert visits.hours() == {"n_sessions": 1, "n_questions": 1}
    with inside(app):
        answer = db.session.query(Message).filter_by(chatbot_id=visits.customer.chatbot_id, type="bot").one()
        answer.state, answer.finish = "grounded", "complete"
        db.session.commit()
    visits.count()
    assert visits.hours() == {"n_sessions": 1, "n_questions": 1, "n_grounded": 1}


def test_a_rating_that_changes_its_mind_is_counted_as_the_last_one(app, visits):
    chat_id = visits.chat(("Price?", "grounded"))

    def rate(value):
        with inside(app):
            chat = db.session.get(ChatSession, chat_id)
            answer = db.session.query(Message).filter_by(session_id=chat_id, type="bot").one()
            assert recording.give_feedback(chat, answer.uuid, value)
        visits.count()
        return {name: n for name, n in visits.hours().items() if name in ("n_positive", "n_negative", "n_grounded")}

    visits.count()
    assert rate(1) == {"n_grounded": 1, "n_positive": 1}
    assert rate(-1) == {"n_grounded": 1, "n_negative": 1}
    with inside(app):
        assert (
            db.session.query(AskedQuestion).filter_by(chatbot_id=visits.customer.chatbot_id).one().trouble == "disliked"
        )
    assert rate(None) == {"n_grounded": 1}


def test_figures_outlive_what_is_erased_and_hold_none_of_its_words(app, visits):
    chat_id = visits.chat(("My secret is swordfish", "refused"))
    visits.count()
    before = visits.hours()
    with inside(app):
        erasing.erase_for_visitor(db.session.get(ChatSession, chat_id))
    visits.count()
    assert visits.hours() == before == {"n_sessions": 1, "n_questions": 1, "n_refused": 1}
    with inside(app):
        assert db.session.query(AskedQuestion).filter_by(chatbot_id=visits.customer.chatbot_id).count() == 0


def test_what_is_erased_before_it_is_counted_leaves_no_figure(app, visits):
    chat_id = visits.chat(("Price?", "grounded"))
    with inside(app):
        erasing.erase_for_visitor(db.session.get(ChatSession, chat_id))
    visits.count()
    assert visits.hours() == {}


def test_a_visitor_counts_once_a_day_however_many_chats_they_begin(visits):
    visits.chat(("Price?", "grounded"), visitor_hash="aa")
    visits.count()
    visits.chat(("Hours?", "grounded"), visitor_hash="aa")
    for visitor in ("bb", "bb", None):
        visits.chat(("Price?", "grounded"), visitor_hash=visitor)
    visits.count()
    assert visits.hours() == {"n_sessions": 5, "n_questions": 5, "n_grounded": 5, "n_visitors": 2}


def test_the_owner_who_tries_the_preview_is_not_counted(app, visits):
    with inside(app):
        preview = Domain(service_id=visits.customer.service_id, domain=f"{uuid.uuid4().hex}.invalid", internal=True)
        db.session.add(preview)
        db.session.commit()
        preview_id = preview.id
    visits.chat(("Price?", "grounded"), domain_id=preview_id)
    visits.count()
    assert visits.hours() == {}


def test_a_document_counts_once_for_each_answer_that_cites_it(visits):
    prices, hours = visits.document("prices.pdf"), visits.document("hours.pdf")
    visits.chat(("Price?", "grounded", {"cites": [prices, prices]}), ("Both?", "grounded", {"cites": [prices, hours]}))
    visits.count()
    assert sorted(visits.parts("document").values()) == [(1, 1), (2, 2)]


def test_browsers_can_not_fill_the_table_with_pages(visits, monkeypatch):
    monkeypatch.setattr(tally, "MAX_PAGES_A_DAY", 3)
    for n in range(5):
        visits.chat(("Price?", "grounded"), page=f"https://shop.example.com/{n}")
    visits.count()
    visits.chat(("Price?", "grounded"), page="https://shop.example.com/0")
    visits.chat(("Price?", "grounded"), page="https://shop.example.com/new")
    visits.count()
    assert visits.parts("page") == {"/0": (2, 2), "/1": (1, 1), "/2": (1, 1), "": (3, 3)}


def test_of_two_who_count_at_once_one_counts(app, visits, monkeypatch):
    visits.chat(("Price?", "grounded"))
    real = counting._mark_messages

    def another_is_faster(rows):
        monkeypatch.setattr(counting, "_mark_messages", real)
        assert counting.count_messages() == 2
        return real(rows)

    monkeypatch.setattr(counting, "_mark_messages", another_is_faster)
    visits.count()
    assert visits.hours() == {"n_sessions": 1, "n_questions": 1, "n_grounded": 1}


def test_a_rating_given_while_an_answer_is_counted_is_not_lost(app, visits, monkeypatch):
    visits.chat(("Price?", "grounded"))
    real = counting._mark_messages

    def rated_meanwhile(rows):
        monkeypatch.setattr(counting, "_mark_messages", real)
        for row in rows:
            if row.type == "bot":
                db.session.get(Message, row.id).feedback = "negative"
        db.session.commit()
        return real(rows)

    monkeypatch.setattr(counting, "_mark_messages", rated_meanwhile)
    visits.count()
    visits.count()
    assert visits.hours() == {"n_sessions": 1, "n_questions": 1, "n_grounded": 1, "n_negative": 1}


def test_a_year_is_counted_in_batches(visits, monkeypatch):
    monkeypatch.setattr(counting, "AT_ONCE", 7)
    for n in range(10):
        visits.chat(("Price?", "grounded"), ("Why?", "refused"), at=MONDAY + dt.timedelta(days=36 * n))
    visits.count()
    assert visits.hours() == {"n_sessions": 10, "n_questions": 20, "n_grounded": 10, "n_refused": 10}
    assert now() > MONDAY


def test_figures_are_made_again_from_what_is_there_and_older_ones_stay(app, visits):
    from app.insights.rebuilding import rebuild

    old = visits.chat(("Old?", "grounded"), at=MONDAY - dt.timedelta(days=90))
    visits.chat(("New?", "refused", {"feedback": "negative"}), ("Else?", "grounded"))
    visits.enter("form")
    visits.count()
    before, pages = visits.hours(), visits.parts("page")
    with inside(app):
        erasing.erase_for_visitor(db.session.get(ChatSession, old))
        assert rebuild(visits.customer.chatbot_id) == 5
    assert visits.hours() == before
    assert visits.parts("page") == pages
    with inside(app):
        assert db.session.query(AskedQuestion).filter_by(chatbot_id=visits.customer.chatbot_id).count() == 2


@contextmanager
def two_who_count(visits):
    """Two schedulers at work; afterwards everything is counted. Yields what went wrong with them."""
    is_over, failed = threading.Event(), []

    def count_on() -> None:
        try:
            while not is_over.is_set():
                visits.count()
        except Exception as error:
            failed.append(error)
            raise

    counters = [threading.Thread(target=count_on) for _ in range(2)]
    for counter in counters:
        counter.start()
    yield failed
    is_over.set()
    for counter in counters:
        counter.join()
    visits.count()


def test_two_who_count_while_visitors_ask_and_rate_count_each_thing_once(app, visits):
    """Visitors' chats, late answers and ratings come in between."""
    with two_who_count(visits) as failed:
        for n in range(N_LATE):
            chat_id = visits.chat(("Price?", "grounded"), ("Where?", "refused"), at=MONDAY + dt.timedelta(hours=n % 3))
            with inside(app):
                answer = db.session.query(Message).filter_by(session_id=chat_id, state="grounded").one()
                recording.give_feedback(answer.chat_session, answer.uuid, -1)
                recording.give_feedback(answer.chat_session, answer.uuid, 1)
    once = {"n_sessions": N_LATE, "n_grounded": N_LATE, "n_refused": N_LATE, "n_positive": N_LATE}
    assert failed == []
    assert visits.hours() == {**once, "n_questions": 2 * N_LATE}


def test_a_chat_that_is_erased_while_somebody_counts_is_in_the_figures_once_or_not_at_all(app, visits):
    """Every second one goes: in the figures wholly where it was counted before, and else with no part of it."""
    with two_who_count(visits) as failed:
        for n in range(N_LATE):
            chat_id = visits.chat(("Price?", "grounded"), ("Where?", "refused"))
            if n % 2:
                with inside(app):
                    erasing.erase_for_visitor(db.session.get(ChatSession, chat_id))
    found = visits.hours()
    n_chats = found["n_sessions"]
    assert failed == []
    assert N_LATE // 2 <= n_chats <= N_LATE
    assert found == {"n_sessions": n_chats, "n_questions": 2 * n_chats, "n_grounded": n_chats, "n_refused": n_chats}
