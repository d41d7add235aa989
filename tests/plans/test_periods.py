"""What a service may do goes by the clock: trials, orders, renewals, cancellations, ends."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from app.plans import expiry, orders, periods, services, usage
from app.plans.catalog import find_plan
from app.plans.services import ServiceError
from models import Notice, Order, Service, Subscription, db


def open_trial(holder, plan="silver"):
    service, _ = services.open_service(holder, find_plan(plan), "Acme")
    db.session.commit()
    return service


def buy(service, plan="silver"):
    made = orders.order(service, find_plan(plan), service.holder_id)
    db.session.commit()
    orders.activate(made, None)
    db.session.commit()
    return made


def kinds(service):
    return sorted(db.session.scalars(select(Notice.kind).where(Notice.service_id == service.id)))


def test_a_trial_ends_by_the_clock_with_no_job_run(installed, holder, clock):
    service = open_trial(holder)
    assert periods.find_current(service.id).kind == "trial"
    clock.go(days=14, seconds=-1)
    assert service.is_live
    assert usage.limit_of(service, "chatbots") == 3
    clock.go(seconds=1)
    assert not service.is_live
    assert periods.find_current(service.id) is None
    assert usage.limit_of(service, "chatbots") == 0
    assert usage.reserve(service, "messages_per_month") is None


def test_one_free_or_trial_service_for_each_holder(installed, holder, clock):
    open_trial(holder)
    with pytest.raises(ServiceError, match="One free or trial"):
        services.open_service(holder, find_plan("free"), "Second")
    clock.go(days=400)
    with pytest.raises(ServiceError, match="One free or trial"):
        services.open_service(holder, find_plan("gold"), "Third")


def test_an_order_works_from_its_activation_and_once(installed, holder, clock):
    service, _ = services.open_waiting(holder, find_plan("gold"), "Acme")
    made = orders.order(service, find_plan("gold"), holder.id)
    db.session.commit()
    assert not service.is_live
    assert periods.find_current(service.id) is None
    orders.activate(made, None)
    db.session.commit()
    assert service.is_live
    assert made.ends_at.date().isoformat() == "2026-02-28"
    with pytest.raises(ServiceError, match="decided on already"):
        orders.activate(made, None)
    with pytest.raises(ServiceError, match="decided on already"):
        orders.reject(made, None, "no")
    assert {"invoice", "activated"} <= set(kinds(service))


def test_a_second_order_replaces_the_one_that_waits(installed, holder, clock):
    service = open_trial(holder)
    first = orders.order(service, find_plan("silver"), holder.id)
    second = orders.order(service, find_plan("gold"), holder.id)
    db.session.commit()
    db.session.refresh(first)
    assert (first.status, second.status) == ("rejected", "pending")


def test_a_larger_plan_begins_at_once_and_a_smaller_one_follows(installed, holder, clock):
    service = open_trial(holder)
    buy(service, "silver")
    ends = service.expired_at
    clock.go(days=3)
    buy(service, "gold")
    assert periods.find_current(service.id).terms["plan"] == "gold"
    gold_ends = service.expired_at
    assert gold_ends > ends
    buy(service, "silver")
    assert periods.find_current(service.id).terms["plan"] == "gold"
    assert service.expired_at > gold_ends
    clock.moment = gold_ends
    assert periods.find_current(service.id).terms["plan"] == "silver"
    assert usage.limit_of(service, "chatbots") == 3
    assert db.session.scalar(select(Service.plan_id).where(Service.id == service.id)) == find_plan("silver").id
    db.session.commit()


def test_there_is_never_more_than_one_active_period(installed, holder, clock):
    service = open_trial(holder)
    for plan in ("silver", "gold", "silver", "premium", "silver"):
        buy(service, plan)
        clock.go(days=20)
        periods.find_current(service.id)
        db.session.commit()
        active = select(Subscription).where(Subscription.service_id == service.id, Subscription.status == "active")
        assert len(db.session.scalars(active).all()) <= 1


def test_a_changed_plan_does_not_change_what_was_bought(installed, holder, clock):
    service = open_trial(holder)
    plan = find_plan("silver")
    before = dict(plan.features)
    plan.features = {**before, "chatbots": 1}
    db.session.commit()
    assert usage.limit_of(service, "chatbots") == 3
    plan.features = before
    db.session.commit()


def test_a_canceled_service_works_until_its_period_ends_and_can_be_resumed(installed, holder, clock):
    service = open_trial(holder)
    buy(service)
    ends = service.expired_at
    assert services.cancel(service) == ends
    db.session.commit()
    clock.go(days=10)
    assert periods.find_current(service.id).status == "canceled"
    services.resume(service)
    db.session.commit()
    assert periods.find_current(service.id).status == "active"
    services.cancel(service)
    db.session.commit()
    clock.moment = ends - dt.timedelta(days=3)
    expiry.apply_time()
    assert db.session.scalar(select(Order).where(Order.service_id == service.id, Order.is_renewal)) is None
    clock.moment = ends
    assert periods.find_current(service.id) is None
    with pytest.raises(ServiceError):
        services.resume(service)


def test_canceling_a_free_service_ends_it_now(installed, holder, clock):
    service, _ = services.open_service(holder, find_plan("free"), "Acme")
    db.session.commit()
    assert service.expired_at is None
    services.cancel(service)
    db.session.commit()
    assert not service.is_live


def test_a_paid_service_is_offered_its_renewal_and_goes_on_without_a_gap(installed, holder, clock):
    service = open_trial(holder)
    buy(service)
    ends = service.expired_at
    clock.moment = ends - dt.timedelta(days=10)
    expiry.apply_time()
    expiry.apply_time()
    renewals = db.session.scalars(select(Order).where(Order.service_id == service.id, Order.is_renewal)).all()
    assert len(renewals) == 1
    orders.activate(renewals[0], None)
    db.session.commit()
    assert renewals[0].starts_at == ends
    clock.moment = ends
    expiry.apply_time()
    current = periods.find_current(service.id)
    assert (current.subscription_date, current.status) == (ends, "active")
    assert current.expired_at.date().isoformat() == "2026-03-31"


def test_reminders_go_out_seven_days_and_one_day_before_and_once(installed, holder, clock):
    service = open_trial(holder)
    for _ in range(15 * 4):
        expiry.apply_time()
        clock.go(hours=6)
    reminders = [kind for kind in kinds(service) if kind == "trial_ends"]
    assert len(reminders) == 2


@pytest.mark.parametrize(("grace_days", "kept_until"), [(90, "2026-05-31"), (0, "2026-03-02"), (10**15, "2126-02-06")])
def test_what_an_ended_service_holds_is_kept_for_the_days_that_were_bought(
    installed, holder, clock, grace_days, kept_until
):
    service, _ = services.open_service(holder, find_plan("silver"), "Acme")
    period = periods.find_current(service.id)
    period.terms = {**period.terms, "features": {**period.terms["features"], "grace_days": grace_days}}
    service.expired_at = period.expired_at = clock.moment.replace(month=3, day=2)
    assert periods.kept_until(service).date().isoformat() == kept_until


def test_an_extended_trial_lives_again(installed, holder, clock):
    service = open_trial(holder)
    clock.go(days=20)
    expiry.apply_time()
    assert not service.is_live
    services.extend(service, 5)
    db.session.commit()
    assert service.is_live
    assert periods.find_current(service.id).kind == "trial"
    with pytest.raises(ServiceError):
        services.extend(service, 0)


def test_monthly_usage_starts_anew_with_the_service_s_own_month(installed, holder, clock):
    service, _ = services.open_service(holder, find_plan("free"), "Acme")
    db.session.commit()
    for _ in range(3):
        assert usage.reserve(service, "messages_per_month")
    db.session.commit()
    assert usage.used_now(service, "messages_per_month") == 3
    clock.stand("2026-02-28T11:59:59")
    assert usage.used_now(service, "messages_per_month") == 3
    clock.stand("2026-02-28T12:00:00")
    assert usage.used_now(service, "messages_per_month") == 0


def test_a_use_that_came_to_nothing_is_given_back(installed, holder, clock):
    service, _ = services.open_service(holder, find_plan("free"), "Acme")
    start = usage.reserve(service, "messages_per_month")
    usage.give_back(service.id, "messages_per_month", start)
    usage.give_back(service.id, "messages_per_month", start)
    db.session.commit()
    assert usage.used_now(service, "messages_per_month") == 0
