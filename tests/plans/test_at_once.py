"""Who presses a button many times in the same moment gets what one press gives."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.plans import orders, services
from app.plans.catalog import find_plan
from app.plans.services import ServiceError
from models import Member, Subscription, db
from tests.plans.test_quotas import at_once


def test_of_eight_trials_started_at_once_one_begins(installed, holder):
    holder_id = holder.id
    db.session.remove()

    def start():
        person = db.session.scalars(select(Member).where(Member.id == holder_id)).one()
        return services.open_service(person, find_plan("premium"), "Acme")

    assert at_once(installed, 8, 1, start) == 1
    trials = select(func.count(Subscription.id)).where(Subscription.user_id == holder_id)
    assert db.session.scalar(trials) == 1


def order_one(holder):
    service, _ = services.open_waiting(holder, find_plan("gold"), "Acme")
    return orders.order(service, find_plan("gold"), holder.id)


def test_one_person_can_not_fill_the_desk_of_staff_with_orders(installed, holder):
    made = [order_one(holder) for _ in range(services.MAX_WAITING)]
    db.session.commit()
    with pytest.raises(ServiceError, match="wait to be paid"):
        order_one(holder)
    db.session.rollback()
    orders.reject(made[0], None, "not paid")
    order_one(holder)
