"""Services: suspended and let work again with reasons that their holders read, and extended; by staff alone."""

from __future__ import annotations

import datetime as dt

import pytest

from models import Service, Subscription, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in
from tests.staff.conftest import events, text_of, uuid_of


@pytest.fixture
def customer(app):
    return make_customer(app, "ben")


def service_of(app, customer):
    with inside(app):
        row = db.session.get(Service, customer.service_id)
        return row.status, row.suspended_for, row.is_live


def test_a_service_is_suspended_for_a_reason_and_works_again(app, as_stan, customer):
    address = f"/service-care/{uuid_of(app, customer)}"
    assert as_stan.post(f"{address}/suspend", data={"reason": " "}).status_code == 400
    assert service_of(app, customer) == ("enabled", "", True)
    as_stan.post(f"{address}/suspend", data={"reason": "The invoice is not paid."})
    assert service_of(app, customer) == ("disabled", "The invoice is not paid.", False)
    [told] = [event for event in events(app, "service.suspend") if event.service_id == customer.service_id]
    assert told.changes["status"] == ["enabled", "disabled"]
    as_stan.post(f"{address}/lift")
    assert service_of(app, customer) == ("enabled", "", True)


def test_the_holder_is_mailed_each_time(app, as_stan, customer):
    address = f"/service-care/{uuid_of(app, customer)}"
    as_stan.post(f"{address}/suspend", data={"reason": "Not paid."})
    as_stan.post(f"{address}/lift")
    kept = (app.extensions["docent"].config.data_dir / "mail").glob("*.eml")
    subjects = [line for file in kept if customer.email in (text := file.read_text()) for line in text.splitlines()
                if line.startswith("Subject:")]  # fmt: skip
    assert any("is suspended" in line for line in subjects)
    assert any("works again" in line for line in subjects)


def test_the_installations_own_service_is_never_suspended(app, as_ruth):
    with inside(app):
        own = db.session.get(Service, 1)
        address, page = f"/service-care/{own.uuid}/suspend", f"/service/{own.uuid}"
    said = as_ruth.post(address, data={"reason": "x"}, headers={"Referer": f"http://localhost{page}"})
    assert said.location == page
    with inside(app):
        assert db.session.get(Service, 1).status == "enabled"


def test_a_trial_is_extended_by_days(app, as_stan, customer):
    with inside(app):
        period = db.session.query(Subscription).filter_by(service_id=customer.service_id).one()
        period.kind, period.expired_at = "trial", now() + dt.timedelta(days=2)
        db.session.get(Service, customer.service_id).expired_at = ends = period.expired_at
        db.session.commit()
    address = f"/service-care/{uuid_of(app, customer)}/extend"
    for days in ("0", "367", "many", ""):
        assert as_stan.post(address, data={"days": days}).status_code == 400
    as_stan.post(address, data={"days": "10"})
    with inside(app):
        assert db.session.get(Service, customer.service_id).expired_at == ends + dt.timedelta(days=10)


def test_staff_open_a_services_own_page_and_find_it_by_its_holder(app, as_stan, customer):
    page = as_stan.get(f"/serviceview/list/?q={customer.email}")
    assert f"service {customer.canary}" in text_of(page)
    shown = as_stan.get(f"/serviceview/show/{customer.service_id}")
    assert shown.location == f"/service/{uuid_of(app, customer)}"
    assert customer.email in text_of(as_stan.get(shown.location))


def test_its_holder_is_led_there_too_and_sees_nothing_for_staff(app, customer):
    client = sign_in(app, customer)
    shown = client.get(f"/serviceview/show/{customer.service_id}")
    assert shown.location == f"/service/{uuid_of(app, customer)}"
    assert "For staff" not in text_of(client.get(shown.location))


@pytest.mark.parametrize("action", ["suspend", "lift", "extend"])
def test_nobody_else_cares_for_services(app, customer, sam, action):
    address = f"/service-care/{uuid_of(app, customer)}/{action}"
    for person in (customer, sam):
        assert sign_in(app, person).post(address, data={"reason": "x", "days": 9}).status_code in (302, 403)
    assert service_of(app, customer) == ("enabled", "", True)
