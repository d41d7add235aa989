"""Whatever ends, ends to the second: over the change to summer time and back, and over a leap day, wherever one runs."""

from __future__ import annotations

import time
import uuid

import pytest

from app.accounts import acting, devices, invitations, links, second_factor
from app.plans import services, usage
from app.plans.calendar import add_months
from app.plans.catalog import find_plan
from models import Device, Member, db
from models.base import now

START = {
    "clocks go forward": "2026-03-28 12:00", "clocks go back": "2026-10-24 12:00", "before a leap day": "2028-02-28 12:00",
    "on a leap day": "2028-02-29 12:00", "before a year without one": "2026-02-28 12:00",
}  # fmt: skip


def open_trial(holder):
    return services.open_service(holder, find_plan("silver"), "Acme")


def a_link(holder):
    _, token = links.make_link(holder, links.RESET)
    return lambda: links.find_link(token, links.RESET), {"hours": 24}


def an_invitation(holder):
    service, room = open_trial(holder)
    token = invitations.invite(
        service, f"{uuid.uuid4().hex}@example.com", {room.id: "user"}, holder.id
    ).link.rpartition("/")[2]
    service.expired_at = None
    return lambda: invitations.find_offer(token), {"days": 7}


def a_trial(holder):
    service, _ = open_trial(holder)
    return lambda: service.is_live, {"days": 14}


def a_device(holder):
    known = devices.add(holder.id, "tests", "192.0.2.1")
    device = db.session.query(Device).filter_by(uuid=known).one()
    return lambda: devices.list_devices(holder.id) and device, {"days": 30}


def a_look(holder):
    service, _ = open_trial(holder)
    root = db.session.get(Member, 1)
    grant = acting.start(root, service, "Ada asked why her chatbot is silent.")
    return lambda: acting.find(str(grant.uuid), root), {"minutes": 60}


def a_begun_second_factor(holder):
    second_factor.begin(holder)
    return lambda: second_factor.address_of_begun(holder), {"minutes": 15}


def a_month_of_a_quota(holder):
    service, _ = services.open_service(holder, find_plan("free"), "Acme")
    usage.reserve(service, "messages_per_month")
    return lambda: usage.used_now(service, "messages_per_month"), add_months(now(), 1) - now()


@pytest.fixture(params=["Europe/Berlin", "America/New_York"])
def _somewhere(request, monkeypatch):
    """A machine that stands where clocks change."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_somewhere")
@pytest.mark.parametrize("start", START)
@pytest.mark.parametrize(
    "what", [a_link, an_invitation, a_trial, a_device, a_look, a_begun_second_factor, a_month_of_a_quota]
)
def test_it_lives_to_its_last_second_and_no_longer(clock, holder, what, start):
    clock.stand(START[start])
    lives, lasts = what(holder)
    lasts = lasts if isinstance(lasts, dict) else {"seconds": lasts.total_seconds()}
    clock.go(**lasts)
    clock.go(seconds=-1)
    assert lives()
    clock.go(seconds=2)
    assert not lives()
    db.session.rollback()
