"""A service that does not run can be looked at and paid for, and nothing in it changed; near its limits it says so."""

from __future__ import annotations

import datetime as dt

import pytest

from app.accounts.permissions import ACTIONS, BUY, CHANGE, ERASE, EXPORT, HOLDER, VIEW, is_change
from app.accounts.standing import find_standing
from app.history import visitors
from app.plans import quotas, usage
from app.plans.pressing import pressing
from app.webhooks import finding, owning
from models import Chatbot, Member, Service, Subscription, db
from models.base import now
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_customer, sign_in
from tests.staff.conftest import text_of, uuid_of

STOPPED = {
    "suspended": {"status": "disabled", "suspended_for": "The invoice <is> not paid."},
    "ended": {"expired_at": now() - dt.timedelta(seconds=1)},
}
WIDGET_PAGES = ("look", "behavior", "words", "visitors", "forms")


@pytest.fixture(params=STOPPED)
def stopped(app, request):
    customer = make_customer(app, "ben")
    with inside(app):
        service = db.session.get(Service, customer.service_id)
        for name, value in STOPPED[request.param].items():
            setattr(service, name, value)
        db.session.commit()
    return request.param, customer


def test_of_every_action_those_that_change_something_are_refused(app, stopped):
    _, customer = stopped
    with inside(app):
        standing = find_standing(db.session.get(Member, customer.member_id))
    for action, (roles, kind, _) in ACTIONS.items():
        expected = HOLDER in roles and kind in (VIEW, EXPORT, ERASE, BUY)
        assert standing.may(action, customer.workspace_id) == expected, action
        assert standing.may_in_service(action, customer.service_id) == expected, action
        assert standing.may_anywhere(action) == expected, action
        assert is_change(action) == (kind == CHANGE)


def test_how_a_widget_is_set_up_can_be_read_without_its_secrets(app):
    customer = make_customer(app, "ben")
    client, chatbot = sign_in(app, customer), f"/chatbot/{customer.chatbot_uuid}"
    client.post(f"{chatbot}/visitors")
    client.post(f"{chatbot}/webhooks", data={"url": "https://93.184.216.34/told", "event": "form"})
    form = client.post(f"{chatbot}/forms").headers["Location"]
    with inside(app):
        row = db.session.get(Chatbot, customer.chatbot_id)
        secrets = [visitors.secret_of(visitors.find_key(row)), *owning.secrets_of(finding.of_chatbot(row)[0])]
    assert len(secrets) == 2
    pages = [f"{chatbot}/visitors", f"{chatbot}/webhooks", form]
    before = "".join(client.get(page).text for page in pages)
    assert all(secret in before for secret in secrets)
    with inside(app):
        db.session.get(Service, customer.service_id).status = "disabled"
        db.session.commit()
    read = [client.get(page) for page in pages]
    assert [page.status_code for page in read] == [200, 200, 200]
    assert not any(secret in page.text for page in read for secret in secrets)
    assert '<fieldset class="all" disabled>' in read[2].text
    assert client.post(form, data={"name": "x"}).status_code == 403


def test_screens_can_be_read_and_not_changed(app, stopped):
    _, customer = stopped
    client, chatbot = sign_in(app, customer), f"/chatbot/{customer.chatbot_uuid}"
    pages = (
        "/",
        chatbot,
        f"{chatbot}/sources",
        f"{chatbot}/domains",
        "/chatbotview/list/",
        "/domainview/list/",
        f"/service/{uuid_of(app, customer)}",
    )
    for page in (*pages, *(f"{chatbot}/{name}" for name in WIDGET_PAGES)):
        assert client.get(page).status_code == 200, page
    edit = {"name": "changed", "type": "sales", "status": "enabled", "description": ""}
    for address, form in (
        (f"/chatbotview/edit/{customer.chatbot_id}", edit), (f"/chatbotview/delete/{customer.chatbot_id}", {}),
        ("/chatbotview/add", {**edit, "workspace": customer.workspace_id}), (f"{chatbot}/sources", {"url": "x"}),
        (f"{chatbot}/train", {}), *((f"{chatbot}/{name}", {"title": "x", "url": "x"}) for name in WIDGET_PAGES),
        (f"/workspaceview/edit/{customer.workspace_id}", {"name": "changed"}),
        (f"/domainview/delete/{customer.domain_id}", {}),
    ):  # fmt: skip
        assert client.post(address, data=form).status_code == 403, address
    assert client.get(f"{chatbot}/preview").status_code == 403
    with inside(app):
        assert db.session.get(Chatbot, customer.chatbot_id).name == f"chatbot {customer.canary}"


def test_every_page_says_so_and_what_to_do(app, stopped):
    state, customer = stopped
    client = sign_in(app, customer)
    for page in ("/", "/chatbotview/list/", "/profile/"):
        answer = client.get(page)
        said = text_of(answer)
        assert "it can be read but not changed" in said, page
        assert ("Nothing is deleted before " in said) == (state == "ended"), page
        if state == "suspended":
            assert "The invoice &lt;is&gt; not paid." in answer.get_data(as_text=True)
        else:
            assert "Order a plan" in said


def test_a_service_that_ended_can_be_paid_for(app, stopped):
    state, customer = stopped
    if state == "ended":
        address = f"/service/{uuid_of(app, customer)}"
        said = sign_in(app, customer).post(f"{address}/order", data={"plan": "silver"}, follow_redirects=True)
        assert "Ordered" in text_of(said)


def test_the_clock_alone_stops_and_the_next_period_starts_it_again(app, clock):  # noqa: F811
    customer = make_customer(app, "ben")
    with inside(app):
        service = db.session.get(Service, customer.service_id)
        service.expired_at = clock.moment + dt.timedelta(days=1)
        db.session.commit()
    client = sign_in(app, customer)

    def may_change():
        form = {"name": "changed", "type": "sales", "status": "enabled", "description": ""}
        return client.post(f"/chatbotview/edit/{customer.chatbot_id}", data=form).status_code == 302

    assert may_change()
    clock.go(days=1)
    assert not may_change()
    with inside(app):
        db.session.get(Service, customer.service_id).expired_at = clock.moment + dt.timedelta(days=30)
        db.session.commit()
    assert may_change()


def test_other_services_go_on(app, stopped):
    other = make_customer(app, "cid")
    with inside(app):
        standing = find_standing(db.session.get(Member, other.member_id))
        assert stopped[1].service_id not in standing.service_ids
        assert standing.stopped == ()
        assert standing.may("chatbot.edit", other.workspace_id)


@pytest.mark.parametrize(("limit", "said"), [(2, ""), (1, "100 % used (Chatbots)")])
def test_the_holder_reads_which_quota_is_nearly_used_up(app, monkeypatch, limit, said):
    monkeypatch.setattr(usage, "MIN_WATCHED", 1)  # small numbers do for this test
    customer = make_customer(app, "ben")
    with inside(app):
        period = db.session.query(Subscription).filter_by(service_id=customer.service_id).one()
        period.terms = {**period.terms, "features": {**period.terms["features"], "chatbots": limit}}
        db.session.commit()
    client = sign_in(app, customer)
    for page in ("/", f"/service/{uuid_of(app, customer)}"):
        shown = text_of(client.get(page))
        assert ("used (Chatbots)" in shown) == bool(said), page
        assert said in shown


def test_the_start_page_counts_as_the_services_page_does(app, monkeypatch):
    """Two ways to count, one answer: for a service with a row of each kind."""
    monkeypatch.setattr(usage, "MIN_WATCHED", 1)
    customer = make_customer(app, "ben")
    with inside(app):
        service = db.session.get(Service, customer.service_id)
        period = db.session.query(Subscription).filter_by(service_id=service.id).one()
        assert usage.reserve(service, "messages_per_month")
        period.terms = {**period.terms, "features": dict.fromkeys(period.terms["features"], 1)}
        db.session.commit()
        expected = [(meter.metric, meter.used) for meter in quotas.meters(service) if meter.is_pressing]
        [(found, meters)] = pressing([service.id, 1, 10**9])
        assert (found.id, [(meter.metric, meter.used) for meter in meters]) == (service.id, expected)
        assert {"chatbots", "messages_per_month", "seats"} <= {metric for metric, _ in expected}


def test_an_owner_chooses_the_sentences_of_a_chatbot(app):
    customer = make_customer(app, "ben")
    with inside(app):
        db.session.get(Chatbot, customer.chatbot_id).settings = {"theme": {"mode": "dark"}}
        db.session.commit()
    form = {"name": "x", "type": "sales", "status": "enabled", "description": "", "settings-closed_words": "Bye."}
    client = sign_in(app, customer)
    assert client.post(f"/chatbotview/edit/{customer.chatbot_id}", data=form).status_code == 302
    with inside(app):
        settings = db.session.get(Chatbot, customer.chatbot_id).settings
    assert settings["closed_words"] == "Bye."
    assert settings["theme"] == {"mode": "dark"}
    too_long = {**form, "settings-closed_words": "x" * 301}
    assert client.post(f"/chatbotview/edit/{customer.chatbot_id}", data=too_long).status_code == 400
