"""The installation at a glance: right counts, for staff alone, in a handful of queries."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import event

from app.history import installation, running
from app.insights.tally import hour_of
from app.plans import orders
from app.plans.catalog import find_plan
from app.plans.services import open_service
from models import Chatbot, ChatbotHour, ChatSession, Export, Member, Message, Service, Source, Subscription, db
from models.base import now
from tests.clock import standing
from tests.conftest import inside, make_customer, shared_redis, sign_in
from tests.staff.conftest import add_person, text_of


@pytest.fixture(scope="module")
def noon():
    """A day that does not end between two lines of a test."""
    with standing(now().replace(hour=12)):
        yield


@pytest.fixture(scope="module")
def busy(noon, app, ada):
    """An order that waits, a trial that ends in three days, a failed source, and questions of today and yesterday."""
    uma = add_person(app, "Uma")
    with inside(app):
        orders.order(db.session.get(Service, ada.service_id), find_plan("premium"), ada.member_id)
        trial, _ = open_service(db.session.get(Member, uma.member_id), find_plan("silver"), "Uma's trial")
        period = db.session.query(Subscription).filter_by(service_id=trial.id).one()
        period.expired_at = trial.expired_at = now() + dt.timedelta(days=3)
        place = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id}
        db.session.add(Source(**place, kind="file", title="Secret plans.pdf", data_loc="x", state="failed",
                              error_code="no_text", error_advice="Run text recognition on it."))  # fmt: skip
        chat = ChatSession(**place, domain_id=ada.domain_id, origin="https://a.example.com", page="/")
        db.session.add(chat)
        db.session.flush()
        for days, kind in ((0, "client"), (0, "bot"), (1, "client"), (1, "client"), (20, "client")):
            at = now() - dt.timedelta(days=days)
            message = Message(**place, session_id=chat.id, type=kind, message="Hello", timestamp=at)
            db.session.add(message)
        db.session.commit()


def test_it_counts_what_there_is(app, busy):
    with inside(app):
        figures = installation.read_figures()
    assert (figures.n_orders, figures.n_failed, figures.n_trials) == (1, 1, 1)
    assert [period.service.name for period in figures.trials] == ["Uma's trial"]
    assert [day.n_messages for day in figures.days][-2:] == [2, 1]
    assert sum(day.n_messages for day in figures.days) == 3
    assert (len(figures.days), figures.days[-1].date) == (14, now().date())
    assert figures.days[-1].n_sign_ups >= 2


def test_what_failed_is_counted_by_service_and_reason_and_what_is_long_ago_is_not(app, busy, ada):
    cid = make_customer(app, "cid")
    with inside(app):
        for days, code in ((0, "timeout"), (1, "timeout"), (2, "no_text"), (20, "no_text")):
            place = {"service_id": cid.service_id, "chatbot_id": cid.chatbot_id}
            db.session.add(Source(**place, kind="url", title="Secret page", data_loc="x", state="failed",
                                  error_code=code, finished_at=now() - dt.timedelta(days=days)))  # fmt: skip
        chatbot = db.session.get(Chatbot, cid.chatbot_id)
        chatbot.training_status, chatbot.training_heartbeat_at = "failed", now()
        for days in (0, 3, 15):
            at = now() - dt.timedelta(days=days)
            who = {"service_id": cid.service_id, "member_id": cid.member_id}
            db.session.add(Export(**who, state="failed", heartbeat_at=at))
        db.session.commit()
        found = {(row.service.id, row.kind, row.code): (row.n, row.last_at) for row in running.read_failing()}
    assert found == {
        (cid.service_id, "source", "timeout"): (2, now()),
        (cid.service_id, "source", "no_text"): (1, now() - dt.timedelta(days=2)),
        (cid.service_id, "training", ""): (1, now()),
        (cid.service_id, "export", ""): (2, now()),
        (ada.service_id, "source", "no_text"): (1, now()),
    }


def test_services_are_ranked_by_what_was_asked_at_all_their_chatbots_in_30_days(app, busy, ada, as_stan):
    eve = make_customer(app, "cid")
    with inside(app):
        for customer, days, n, n_grounded in ((ada, 0, 3, 1), (ada, 29, 4, 4), (eve, 1, 9, 0), (ada, 31, 100, 100)):
            db.session.add(ChatbotHour(
                service_id=customer.service_id, chatbot_id=customer.chatbot_id, n_questions=n, n_grounded=n_grounded,
                hour=hour_of(now() - dt.timedelta(days=days)),
            ))  # fmt: skip
        db.session.commit()
        found = [(row.service.id, row.n_questions, row.answered_percent) for row in running.read_usage()]
    assert found == [(eve.service_id, 9, 0), (ada.service_id, 7, 71)]
    assert "71 %" in text_of(as_stan.get("/"))


def test_of_services_those_that_run_are_counted(app, busy):
    with inside(app):
        before = installation.read_figures().n_services
    runs, suspended, ended = (make_customer(app, "cid") for _ in range(3))
    with inside(app):
        db.session.get(Service, suspended.service_id).status = "disabled"
        db.session.get(Service, ended.service_id).expired_at = now()
        db.session.commit()
        assert installation.read_figures().n_services == before + 1
        assert db.session.get(Service, runs.service_id).is_live


def test_staff_see_it_at_home_without_a_word_of_what_customers_hold(app, busy, as_stan):
    page = text_of(as_stan.get("/"))
    for words in ("1 order to activate", "Uma&#39;s trial", "There is no text in the file"):
        assert words in page, words
    assert ("Redis can't be reached" in page) == (not shared_redis())
    assert "Secret plans" not in page
    assert "Run text recognition" not in page
    assert "Hello" not in page


def test_more_trials_than_are_listed_are_counted_all_the_same(app, busy, monkeypatch):
    monkeypatch.setattr(installation, "MAX_ROWS", 0)
    with inside(app):
        figures = installation.read_figures()
    assert (figures.n_trials, figures.trials) == (1, [])


def test_others_see_their_own_home(app, busy, ada, sam):
    for person in (ada, sam):
        assert "orders to activate" not in text_of(sign_in(app, person).get("/"))


def test_it_asks_the_database_at_most_twelve_times(app, busy, as_stan):
    for _ in range(5):
        make_customer(app, "cid")
    statements = []
    with app.app_context():
        engine = db.engine

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        with inside(app):
            statements.clear()
            installation.read_figures()
            assert len(statements) <= 12
    finally:
        event.remove(engine, "before_cursor_execute", note)
