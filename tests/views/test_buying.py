"""Buying a service on its pages: as its holder, as a colleague, as a stranger, by somebody who is not signed in."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from models import Order, Service, Subscription
from models.base import db
from tests.conftest import inside, make_customer, sign_in


@pytest.fixture(scope="module")
def as_cid(app, cid):
    return sign_in(app, cid)


@pytest.fixture(scope="module")
def as_ada(app, ada):
    return sign_in(app, ada)


def service_of(app, person):
    with inside(app):
        return db.session.scalars(select(Service).where(Service.id == person.service_id)).one().uuid


def test_everybody_can_compare_the_plans(app):
    page = app.test_client().get("/plans/").get_data(as_text=True)
    for words in ("Free", "Silver", "19.00 EUR", "10 GB", "Sign up"):
        assert words in page


def test_choosing_without_signing_in_leads_to_the_sign_up(app):
    answer = app.test_client().post("/plans/free", data={"name": "Acme"})
    assert (answer.status_code, answer.location) == (302, "/sign-up/")


def test_a_trial_starts_at_once_and_only_the_first_time(app):
    ben = make_customer(app, "ben")
    client = sign_in(app, ben)
    assert client.post("/plans/silver", data={"name": "First"}).status_code == 302
    assert client.post("/plans/gold", data={"name": "Second"}).status_code == 302
    with inside(app):
        query = select(Service).where(Service.holder_id == ben.member_id, Service.name.in_(("First", "Second")))
        first, second = db.session.scalars(query.order_by(Service.id))
        kinds = db.session.scalars(select(Subscription.kind).where(Subscription.service_id == first.id)).all()
        assert (kinds, first.is_live, second.is_live) == (["trial"], True, False)
        assert db.session.scalars(select(Order.status).where(Order.service_id == second.id)).all() == ["pending"]
    assert client.post("/plans/free", data={"name": "Third"}).status_code == 409


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "\0"])
def test_a_service_needs_a_name(app, as_cid, name):
    answer = as_cid.post("/plans/silver", data={"name": name}, follow_redirects=True)
    assert "Give the service a name" in answer.get_data(as_text=True)


def test_an_unknown_plan_is_not_there(as_cid):
    assert as_cid.post("/plans/platinum", data={"name": "Acme"}).status_code == 404


def test_the_holder_orders_cancels_and_resumes(app, ada, as_ada):
    address = f"/service/{service_of(app, ada)}"
    assert "What is used" in as_ada.get(address).get_data(as_text=True)
    assert "Ordered" in as_ada.post(f"{address}/order", data={"plan": "gold"}, follow_redirects=True).get_data(
        as_text=True
    )
    assert "Pending" in as_ada.get(address).get_data(as_text=True)


def test_what_can_t_be_done_is_said_where_the_person_was(app, ada, as_ada):
    address = f"/service/{service_of(app, ada)}"
    answer = as_ada.post(f"{address}/resume", headers={"Referer": f"http://localhost{address}"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Only a canceled service" in answer.get_data(as_text=True)


@pytest.mark.parametrize("referer", ["http://evil.example/x", "http://localhost//evil.example", "", "nonsense"])
def test_a_refusal_never_leads_to_another_site(app, ada, as_ada, referer):
    answer = as_ada.post(f"/service/{service_of(app, ada)}/resume", headers={"Referer": referer})
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("action", ["order", "cancel", "resume"])
def test_a_stranger_finds_no_service_to_touch(app, ada, as_cid, action):
    address = f"/service/{service_of(app, ada)}"
    assert as_cid.get(address).status_code == 404
    assert as_cid.post(f"{address}/{action}", data={"plan": "gold"}).status_code == 404
