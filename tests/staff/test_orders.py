"""Orders: found, activated with one action, rejected with a reason, by staff alone."""

from __future__ import annotations

import pytest

from app.plans import orders
from app.plans.catalog import find_plan
from models import Order, Service, db
from tests.conftest import inside, make_customer, sign_in
from tests.staff.conftest import events, text_of


@pytest.fixture
def ordered(app):
    """A new customer's order for the plan premium: (customer, order id)."""
    buyer = make_customer(app, "ben")
    with inside(app):
        service = db.session.get(Service, buyer.service_id)
        made = orders.order(service, find_plan("premium"), buyer.member_id)
        db.session.commit()
        return buyer, made.id


def status_of(app, order_id):
    with inside(app):
        row = db.session.get(Order, order_id)
        return row.status, row.note, row.decided_by_id


def test_an_order_is_activated_after_asking(app, as_stan, stan, ordered):
    buyer, order_id = ordered
    address = f"/orderview/activate/{order_id}"
    assert f"Activate order {order_id}?" in text_of(as_stan.get(address))
    assert status_of(app, order_id)[0] == "pending"
    said = as_stan.post(address, follow_redirects=True)
    assert f"Order {order_id} is activated." in text_of(said)
    assert status_of(app, order_id) == ("activated", "", stan.member_id)
    assert events(app, "order.activate")[-1].service_id == buyer.service_id


def test_an_order_is_decided_once(app, as_stan, ordered):
    _, order_id = ordered
    as_stan.post(f"/orderview/activate/{order_id}")
    for action, form in (("activate", {}), ("reject", {"reason": "late"})):
        said = as_stan.post(
            f"/orderview/{action}/{order_id}", data=form, headers={"Referer": "http://localhost/orderview/list/"},
            follow_redirects=True,
        )  # fmt: skip
        assert "decided on already" in text_of(said)
    assert status_of(app, order_id)[0] == "activated"


@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_is_rejected_without_a_reason(app, as_stan, ordered, reason):
    _, order_id = ordered
    assert as_stan.post(f"/orderview/reject/{order_id}", data={"reason": reason}).status_code == 400
    assert status_of(app, order_id)[0] == "pending"


def test_the_buyer_reads_why_an_order_was_rejected(app, as_stan, ordered):
    buyer, order_id = ordered
    as_stan.post(f"/orderview/reject/{order_id}", data={"reason": "The invoice came <back>."})
    assert status_of(app, order_id)[:2] == ("rejected", "The invoice came <back>.")
    with inside(app):
        address = f"/service/{db.session.get(Service, buyer.service_id).uuid}"
    page = sign_in(app, buyer).get(address).get_data(as_text=True)
    assert "The invoice came &lt;back&gt;." in page


def test_what_waits_is_counted_in_the_menu_and_found_by_state_number_service_and_buyer(app, as_stan, ordered):
    buyer, order_id = ordered
    other = make_customer(app, "cid")
    assert "waiting" in text_of(as_stan.get("/orderview/list/"))
    for query in (f"q={order_id}", f"q={buyer.canary}", f"q={buyer.email}", "status=pending"):
        page = as_stan.get(f"/orderview/list/?{query}").get_data(as_text=True)
        assert f"/orderview/show/{order_id}" in page, query
        assert other.canary not in page
    assert f"/orderview/show/{order_id}" not in as_stan.get("/orderview/list/?status=rejected").get_data(as_text=True)


def test_the_newest_order_stands_first(app, as_stan, ordered):
    page = as_stan.get("/orderview/list/").get_data(as_text=True)
    assert page.index(f"/orderview/show/{ordered[1]}") == page.index("/orderview/show/")


def test_members_and_support_decide_on_nothing(app, ada, sam, ordered):
    _, order_id = ordered
    for person in (ada, sam):
        client = sign_in(app, person)
        for action in ("activate", "reject"):
            assert client.post(f"/orderview/{action}/{order_id}", data={"reason": "mine"}).status_code in (302, 403)
        assert "Orders" not in text_of(client.get("/"))
    assert status_of(app, order_id)[0] == "pending"
