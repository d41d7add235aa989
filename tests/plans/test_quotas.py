"""Quotas hold against everybody who comes at once, say what is wrong, and warn once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import mail
from app.plans import periods, quotas, services, usage
from app.plans.catalog import find_plan
from app.plans.features import FeaturesError, parse_features
from app.refusals import Refusal
from models import Chatbot, Service, Subscription, db, tenancy


def open_free(holder, **limits):
    service, workspace = services.open_service(holder, find_plan("free"), "Acme")
    db.session.flush()
    period = periods.find_current(service.id)
    period.terms = {**period.terms, "features": {**period.terms["features"], **limits}}
    db.session.commit()
    return service, workspace


def at_once(app, n_threads, per_thread, work):
    """Let many threads start in the same moment; return how often `work` said yes."""
    won, errors, start = [], [], threading.Barrier(n_threads)

    def run():
        with app.app_context(), tenancy.everything():
            start.wait()
            for _ in range(per_thread):
                try:
                    won.append(bool(work()))
                    db.session.commit()
                except Refusal:
                    db.session.rollback()
                except SQLAlchemyError as error:
                    db.session.rollback()
                    errors.append(error)
            db.session.remove()

    threads = [threading.Thread(target=run) for _ in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return sum(won)


def test_of_200_messages_at_once_exactly_100_find_room(installed, holder):
    service, _ = open_free(holder, messages_per_month=100)
    service_id = service.id
    db.session.remove()

    def use():
        return usage.reserve(
            db.session.scalars(select(Service).where(Service.id == service_id)).one(), "messages_per_month"
        )

    assert at_once(installed, 8, 25, use) == 100
    found = db.session.scalars(select(Service).where(Service.id == service_id)).one()
    assert usage.used_now(found, "messages_per_month") == 100


def test_of_40_chatbots_at_once_exactly_20_find_room(installed, holder):
    service, workspace = open_free(holder, chatbots=20)
    service_id, workspace_id = service.id, workspace.id
    db.session.remove()

    def add():
        quotas.make_room(service_id, "chatbots")
        db.session.add(Chatbot(service_id=service_id, workspace_id=workspace_id, name="one of many"))
        db.session.flush()
        return True

    assert at_once(installed, 8, 5, add) == 20
    assert quotas.count(service_id, "chatbots") == 20


def test_the_holder_is_mailed_once_at_80_and_once_at_100_percent(installed, holder):
    service, _ = open_free(holder, messages_per_month=10)
    for _ in range(15):
        usage.reserve(service, "messages_per_month")
    db.session.commit()
    subjects = [kept.subject for kept in mail.kept_mails() if kept.to == holder.email]
    assert sorted(subjects) == [f"Acme: {level} % of its messages per month used" for level in (100, 80)]
    (full,) = (kept for kept in mail.kept_mails() if kept.to == holder.email and "100 %" in kept.subject)
    assert "No visitor is answered until the service's next month" in full.text


def test_a_refusal_says_what_is_full_and_what_to_do(installed, holder):
    service, _ = open_free(holder, seats=1)
    with pytest.raises(
        quotas.QuotaExceeded, match=r"room for 1 people; 1 are in use\. Remove some, or choose a larger plan"
    ):
        quotas.make_room(service.id, "seats")


def test_less_than_what_is_used_blocks_only_what_would_add(installed, holder):
    service, workspace = open_free(holder, chatbots=5)
    for n in range(3):
        db.session.add(Chatbot(service_id=service.id, workspace_id=workspace.id, name=f"{n}"))
    db.session.commit()
    period = db.session.scalars(select(Subscription).where(Subscription.service_id == service.id)).one()
    period.terms = {**period.terms, "features": {**period.terms["features"], "chatbots": 1}}
    db.session.commit()
    with pytest.raises(quotas.QuotaExceeded):
        quotas.make_room(service.id, "chatbots")
    assert quotas.count(service.id, "chatbots") == 3
    meter = next(m for m in quotas.meters(service) if m.metric == "chatbots")
    assert (meter.used, meter.limit, meter.percent) == (3, 1, 100)


def test_the_installation_s_own_service_is_counted_and_never_refused(installed):
    own = db.session.scalars(select(Service).where(Service.is_own)).one()
    for _ in range(3):
        assert usage.reserve(own, "messages_per_month")
    quotas.make_room(own.id, "chatbots", adding=10**6)
    db.session.commit()
    assert usage.used_now(own, "messages_per_month") >= 3


@pytest.mark.parametrize(
    "wrong",
    [{"chatbots": -1}, {"chatbots": "3"}, {"chatbots": True}, {"chatbots": 1.5}, {"unknown": 1}, {"recrawl": "hourly"},
     {"remove_branding": 1}, {"seats": 10**16}, {"seats": None}],
)  # fmt: skip
def test_a_plan_with_nonsense_limits_is_refused_by_name(wrong):
    with pytest.raises(FeaturesError) as refused:
        parse_features(wrong)
    assert list(refused.value.errors) == list(wrong)


def test_nobody_is_warned_that_their_one_chatbot_is_in_use(installed, holder):
    service, workspace = open_free(holder, chatbots=1)
    quotas.make_room(service.id, "chatbots")
    db.session.add(Chatbot(service_id=service.id, workspace_id=workspace.id, name="the one"))
    db.session.commit()
    assert [kept.subject for kept in mail.kept_mails() if kept.to == holder.email] == []
    assert not next(m for m in quotas.meters(service) if m.metric == "chatbots").is_pressing
