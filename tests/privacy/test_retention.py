"""Chats go when their time is over, and no day before: nobody's, held ones' and returning visitors' least of all."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app import mail
from app.plans import usage
from app.privacy import erasing, holds, retention, rules
from app.privacy.rules import Rules
from app.refusals import Refusal
from jobs import periodic
from models import Chatbot, ChatSession, Citation, Message, Notice, Retention, Subscription, db
from models.base import now
from tests.conftest import inside, make_customer
from tests.privacy.conftest import add_chat, add_submission, chats_of


@pytest.fixture
def acme(app, clock):
    """A customer whose plan keeps chats for 365 days."""
    customer = make_customer(app, "ada")
    with inside(app):
        yield customer


def chatbot_of(customer) -> Chatbot:
    return db.session.get_one(Chatbot, customer.chatbot_id)


def plan_keeps(customer, days: int) -> None:
    period = db.session.scalars(select(Subscription).where(Subscription.service_id == customer.service_id)).one()
    features = {**period.terms.get("features", {}), "retention_days": days}
    period.terms = {**period.terms, "features": features}
    db.session.commit()


def choose(customer, days: int | None) -> None:
    rules.keep(chatbot_of(customer), Rules(days))
    retention.apply_choice(chatbot_of(customer))
    db.session.commit()


def run(customer) -> int:
    """What the clock and the worker do, looked at for one customer."""
    due = retention.settle_all()
    return retention.delete_outlived(customer.chatbot_id) if customer.chatbot_id in due else 0


def notices_of(customer) -> int:
    told = select(func.count(Notice.id)).where(Notice.service_id == customer.service_id, Notice.kind == "chats_go")
    return db.session.scalar(told)


def test_a_chat_goes_once_its_last_message_is_too_old_and_takes_its_messages_with_it(acme):
    choose(acme, 30)
    add_chat(acme, age_days=30.1)
    young = add_chat(acme, age_days=29.9)
    db.session.commit()
    assert run(acme) == 1
    assert chats_of(acme) == [young.id]
    for kind in (Message, Citation):
        rows = db.session.scalars(select(kind).where(kind.chatbot_id == acme.chatbot_id)).all()
        assert {getattr(row, "session_id", young.id) for row in rows} == {young.id}
    assert run(acme) == 0


def test_what_was_left_in_a_form_outlives_its_chat(acme):
    choose(acme, 30)
    left = add_submission(acme, add_chat(acme, age_days=31))
    db.session.commit()
    run(acme)
    db.session.refresh(left)
    assert left.session_id is None
    assert left.answers[0]["value"] == "uma@example.com"


def test_a_held_chat_stays_until_the_hold_is_off(acme):
    choose(acme, 30)
    chat = add_chat(acme, age_days=400)
    holds.hold(chat, "A court asked for it", acme.member_id)
    db.session.commit()
    assert run(acme) == 0
    db.session.delete(holds.find(chat))
    db.session.commit()
    assert run(acme) == 1


def test_nobody_keeps_chats_for_longer_than_the_plan_allows(acme):
    most = rules.most_days(chatbot_of(acme))
    assert most == usage.limit_of(chatbot_of(acme).workspace.service, "retention_days")
    with pytest.raises(Refusal, match=f"{most:,} days at most"):
        rules.keep(chatbot_of(acme), Rules(most + 1))
    choose(acme, None)
    add_chat(acme, age_days=most + 1)
    db.session.commit()
    assert run(acme) == 1


def test_a_smaller_plan_is_told_a_week_before_anything_goes(acme, clock):
    choose(acme, None)
    add_chat(acme, age_days=100)
    db.session.commit()
    plan_keeps(acme, 30)
    assert run(acme) == 0
    assert notices_of(acme) == 1
    assert [told.subject for told in mail.kept_mails() if "older than 30 days" in told.subject]
    clock.go(days=6)
    assert run(acme) == 0
    assert notices_of(acme) == 1
    clock.go(days=1)
    assert run(acme) == 1
    assert chats_of(acme) == []


def test_a_larger_plan_bought_within_the_week_calls_it_off(acme, clock):
    choose(acme, None)
    add_chat(acme, age_days=100)
    db.session.commit()
    plan_keeps(acme, 30)
    run(acme)
    plan_keeps(acme, 365)
    clock.go(days=8)
    assert run(acme) == 0
    row = retention.find(acme.chatbot_id)
    assert (row.days, row.next_days, row.next_at) == (365, None, None)


def test_the_first_start_of_an_installation_that_kept_everything_deletes_nothing_untold(acme, clock):
    db.session.query(Retention).delete()
    add_chat(acme, age_days=2000)
    db.session.commit()
    assert run(acme) == 0
    assert notices_of(acme) == 1
    clock.go(days=7)
    assert run(acme) == 1


def test_without_a_plan_the_time_before_stays(acme, clock):
    choose(acme, 60)
    add_chat(acme, age_days=10)
    period = db.session.scalars(select(Subscription).where(Subscription.service_id == acme.service_id)).one()
    period.expired_at, period.status = now(), "expired"
    db.session.commit()
    clock.go(days=1)
    assert run(acme) == 0
    assert retention.find(acme.chatbot_id).days == 60


def test_the_screen_says_what_goes_when(acme):
    choose(acme, 30)
    for age in (40, 29.5, 25, 22.9, 1):
        add_chat(acme, age_days=age)
    holds.hold(add_chat(acme, age_days=29), "A claim", acme.member_id)
    db.session.commit()
    ahead = retention.weeks_ahead(chatbot_of(acme))
    weeks = [((week.begins - now().date()).days // 7, week.n_sessions) for week in ahead]
    assert weeks == [(0, 3), (1, 1), (4, 1)], "weeks in which none goes are not named"
    choose(acme, None)
    assert retention.weeks_ahead(chatbot_of(acme)) == []


def test_a_visitor_who_comes_back_in_that_moment_keeps_the_chat(acme):
    choose(acme, 30)
    chat = add_chat(acme, age_days=31)
    db.session.commit()
    found = retention._older_ones(acme.chatbot_id, 30, 1)
    chat.last_message_at = now()
    db.session.commit()
    assert erasing.outlive(found, retention._is_older(30)) == 0
    assert chats_of(acme) == found


def test_many_go_in_small_batches(acme, monkeypatch):
    monkeypatch.setattr(erasing, "BATCH", 3)
    choose(acme, 30)
    for _ in range(8):
        add_chat(acme, age_days=31)
    db.session.commit()
    assert run(acme) == 8


def test_another_customers_chats_are_none_of_it(acme, app):
    other = make_customer(app, "cid")
    add_chat(other, age_days=300)
    choose(acme, 1)
    db.session.commit()
    run(acme)
    assert len(chats_of(other)) == 1


def test_the_clock_asks_a_worker_and_goes_on(app, server, acme):
    choose(acme, 30)
    add_chat(acme, age_days=31)
    db.session.commit()
    periodic.keep_to_retention()
    waiting = [name.decode() for name in server.lrange("rq:queue:telling", 0, -1)]
    assert [name for name in waiting if name.startswith(f"delete_outlived-{acme.chatbot_id}-")]
    assert db.session.scalar(select(func.count(ChatSession.id)).where(ChatSession.chatbot_id == acme.chatbot_id)) == 1
