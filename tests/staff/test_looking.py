"""Looking at a customer's service: with a reason, for an hour, without changing anything, and seen by the customer."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select, update

from app.accounts import acting
from app.collaborators import here
from app.webhooks import owning
from models import ActingGrant, Chatbot, Domain, Export, Member, Service, Webhook, db, tenancy
from models.tenancy import ForeignRowError
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_customer, sign_in
from tests.history.chats import say, start
from tests.staff.conftest import add_person, events, text_of, uuid_of

REASON = "Ada asked on the phone why her chatbot is silent."


@pytest.fixture(scope="module")
def acme(app):
    """A customer with a chat of a visitor's."""
    customer = make_customer(app, "ada")
    with inside(app):
        chat = start(customer)
        say(chat, f"asked {customer.canary}")
        customer.chat_page = f"/history/{customer.service_id}/{chat.uuid}"
    return customer


def look(app, acme, role="Staff", **form):
    """Somebody of that role, who looks at Acme."""
    client = sign_in(app, add_person(app, "Stan", role))
    answer = client.post("/look/", data={"service": str(uuid_of(app, acme)), "reason": REASON, **form})
    return client, answer


@pytest.mark.parametrize("role", ["Staff", "Superadmin"])
def test_staff_see_what_the_holder_sees_and_a_banner_on_every_page(app, acme, role):
    client, _ = look(app, acme, role)
    pages = ("/", "/chatbotview/list/", f"/chatbot/{acme.chatbot_uuid}", f"/history/{acme.service_id}", "/domainview/list/",
             "/workspacememberview/list/", "/auditview/list/", f"/service/{uuid_of(app, acme)}")  # fmt: skip
    for page in pages:
        answer = client.get(page)
        assert answer.status_code == 200, page
        assert acme.canary in answer.get_data(as_text=True), page
        assert "Nothing can be changed" in text_of(answer), page


@pytest.mark.parametrize("role", ["Staff", "Support"])
def test_without_a_grant_a_customers_rows_are_not_there(app, acme, role):
    client = sign_in(app, add_person(app, "Sam", role))
    for page in (f"/chatbot/{acme.chatbot_uuid}", acme.chat_page):
        assert client.get(page).status_code == 404
    assert client.get(f"/history/{acme.service_id}").status_code in {403, 404}
    assert acme.canary not in client.get("/history/").get_data(as_text=True)


def test_only_the_one_service_is_open_and_nothing_of_the_installation(app, acme, cid):
    for role in ("Staff", "Superadmin"):
        client, _ = look(app, acme, role)
        assert client.get(f"/chatbot/{cid.chatbot_uuid}").status_code == 404
        assert cid.canary not in client.get("/chatbotview/list/").get_data(as_text=True)
        for page in ("/orderview/list/", "/memberview/list/", "/planview/list/", "/profile/", "/look/"):
            assert client.get(page).status_code == 409, page


def test_who_looks_sees_webhooks_without_their_secrets_and_may_read_the_handbook(app, acme, cid):
    with inside(app):
        secret = here().sealer.seal(owning.PURPOSE, "hush-of-acme")
        for customer in (acme, cid):
            url = f"https://{customer.canary}.example.com/"
            db.session.add(Webhook(service_id=customer.service_id, reach="service", url=url, events=["form"], sealed_secret=secret))  # fmt: skip
        db.session.commit()
    client, _ = look(app, acme)
    page = client.get("/webhooks/").text
    assert f"https://{acme.canary}" in page
    assert "hush-of-acme" not in page
    assert (
        cid.canary not in page + client.get("/search/found", query_string={"q": cid.canary}).text.partition("<h2>")[2]
    )
    assert client.get("/handbook/").status_code == 200
    assert "hush-of-acme" in sign_in(app, acme).get("/webhooks/").text


def test_every_writing_route_is_refused_while_one_looks(app, acme):
    client, _ = look(app, acme, "Superadmin")
    rows = {"pk": acme.chatbot_id, "chatbot_uuid": acme.chatbot_uuid, "service_uuid": uuid_of(app, acme)}
    n_tried = 0
    for rule in app.url_map.iter_rules():
        is_ours = not rule.endpoint.startswith(("widget.", "static", "LookPage.end", "SignInView.logout"))
        if not is_ours or not rule.methods & {"POST", "PUT", "DELETE"}:
            continue
        values = {name: rows.get(name, uuid.uuid4() if name.endswith("uuid") else "1") for name in rule.arguments}
        _, address = rule.build(values, append_unknown=False)
        for method in rule.methods & {"POST", "PUT", "DELETE"}:
            answer = client.open(address, method=method, headers={"Accept": "application/json"})
            if rule.rule.startswith("/api/v1/"):  # takes keys alone: who looks with a cookie is nobody there
                assert answer.status_code == 401, (method, address)
                continue
            assert answer.status_code == 409, (method, address)
            n_tried += 1
            written = events(app, "look.refused")[-1]
            assert written.changes == {"page": f"{method} {rule}"}
            assert (written.service_id, written.acting_as_id) == (acme.service_id, acme.member_id)
    assert n_tried > 25
    with inside(app):
        assert db.session.get(Chatbot, acme.chatbot_id).status == "enabled"


def test_an_address_that_leads_nowhere_is_neither_refused_nor_written_down(app, acme):
    client, _ = look(app, acme)
    before = len(events(app, "look.refused")), len(events(app, "look.page"))
    answer = client.get("/none")
    assert (answer.status_code, "Nothing can be changed" in text_of(answer)) == (404, True)
    assert client.delete(f"/chatbot/{acme.chatbot_uuid}").status_code == 405
    assert (len(events(app, "look.refused")), len(events(app, "look.page"))) == before


def test_the_wall_writes_nothing_for_who_only_looks(app, acme):
    client, _ = look(app, acme)
    assert client.get(f"/chatbotview/edit/{acme.chatbot_id}").status_code == 403
    assert client.get(f"/chatbot/{acme.chatbot_uuid}/preview").status_code == 403
    scope = tenancy.Scope(frozenset({acme.service_id}), frozenset({acme.workspace_id}), 1, reads_only=True)
    with app.app_context(), tenancy.use(scope):
        chatbot = db.session.scalars(select(Chatbot)).one()
        chatbot.name = "changed"
        with pytest.raises(ForeignRowError):
            db.session.flush()
        db.session.rollback()
        with pytest.raises(ForeignRowError):
            db.session.execute(update(Chatbot).values(name="changed"))
        db.session.rollback()
        db.session.remove()


def test_support_reads_chats_and_nothing_else(app, acme):
    client, _ = look(app, acme, "Support")
    assert client.get("/").location == "/history/"
    assert f"asked {acme.canary}" in client.get(acme.chat_page).text
    for page in ("/chatbotview/list/", f"/chatbot/{acme.chatbot_uuid}", "/sourceview/list/", "/auditview/list/",
                 f"/service/{uuid_of(app, acme)}", "/workspacememberview/list/", "/domainview/list/"):  # fmt: skip
        assert client.get(page).status_code == 409, page


def test_members_look_nowhere(app, acme):
    client, answer = look(app, acme, "Member")
    assert answer.status_code in (302, 403)
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404
    with inside(app), pytest.raises(acting.LookError):
        acting.start(db.session.get(Member, acme.member_id), db.session.get(Service, 1), REASON)


@pytest.mark.parametrize(
    "form",
    [{"reason": ""}, {"reason": "because"}, {"service": ""}, {"service": "nobody@example.com"}, {"service": "\0"},
     {"service": str(uuid.uuid4())}, {"service": "ada"}, {"reason": "x" * 2001}],
)  # fmt: skip
def test_a_look_needs_a_service_that_is_there_and_a_written_reason(app, acme, form):
    client, answer = look(app, acme, **form)
    assert answer.status_code == 400
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404


def test_a_service_is_found_by_its_holders_whole_address(app, acme):
    client, answer = look(app, acme, "Support", service=acme.email.upper())
    assert answer.status_code == 302
    assert acme.canary in client.get("/history/", follow_redirects=True).get_data(as_text=True)


@pytest.mark.parametrize("written", ["{}", "https://{}/help?x=1"])
def test_a_service_is_found_by_a_website_that_it_has_proven(app, acme, written):
    host = f"{acme.canary}.example.com"
    _, answer = look(app, acme, "Support", service=written.format(host.upper()))
    assert answer.status_code == 302
    with inside(app):
        db.session.get_one(Domain, acme.domain_id).verified = False
        db.session.commit()
    _, answer = look(app, acme, "Support", service=host)
    assert answer.status_code == 400
    with inside(app):
        db.session.get_one(Domain, acme.domain_id).verified = True
        db.session.commit()


def test_who_looks_sees_what_became_of_the_customers_files_and_fetches_none(app, acme, cid):
    with inside(app):
        for customer, error in ((acme, "The disk was full."), (cid, "Of a stranger.")):
            how = {"format": "xlsx", "state": "failed", "error": error}
            db.session.add(Export(service_id=customer.service_id, member_id=customer.member_id, **how))
        db.session.commit()
    client, _ = look(app, acme, "Support")
    page = client.get(f"/exports/for/{acme.service_id}").get_data(as_text=True)
    assert "XLSX" in page
    assert "The disk was full." in page
    assert "Of a stranger." not in page
    assert not re.search(r"/exports/[0-9a-f-]{36}", page)


def test_it_ends_after_an_hour_by_the_clock(app, acme, clock):  # noqa: F811
    client, _ = look(app, acme)
    clock.go(minutes=59, seconds=59)
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 200
    clock.go(seconds=1)
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404
    assert client.get("/orderview/list/").status_code == 200


def test_it_ends_with_its_button_also_for_a_cookie_that_was_kept(app, acme):
    client, _ = look(app, acme)
    kept = client.get_cookie("docent").value
    client.post("/look/end")
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404
    client.set_cookie("docent", kept)
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404


def test_it_ends_with_the_role_that_allowed_it(app, acme):
    person = add_person(app, "Stan", "Staff")
    client = sign_in(app, person)
    client.post("/look/", data={"service": acme.email, "reason": REASON})
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 200
    with inside(app):
        from app.accounts import platform_roles
        from app.accounts.standing import find_standing

        platform_roles.give_role(
            find_standing(db.session.get(Member, 1)), db.session.get(Member, person.member_id), "Member"
        )
        db.session.commit()
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404


def test_another_persons_grant_opens_nothing(app, acme):
    look(app, acme)
    with inside(app):
        grant = db.session.scalars(select(ActingGrant).order_by(ActingGrant.id.desc())).first().uuid
    client = sign_in(app, add_person(app, "Stina", "Staff"))
    with client.session_transaction() as cookie:
        cookie["look"] = str(grant)
    assert client.get(f"/chatbot/{acme.chatbot_uuid}").status_code == 404


def test_the_customer_reads_who_looked_why_and_at_what(app, acme):
    client, _ = look(app, acme)
    client.get("/domainview/list/")
    started = [event for event in events(app, "look.start") if event.service_id == acme.service_id][-1]
    assert started.changes["reason"] == REASON
    seen = [event for event in events(app, "look.page") if event.service_id == acme.service_id][-1]
    assert (seen.changes, seen.acting_as_id) == ({"page": "/domainview/list/"}, acme.member_id)
    page = text_of(sign_in(app, acme).get("/auditview/list/"))
    assert "Look at a customer: a page opened" in page
    assert "Staff of the installation" in page
    assert REASON in text_of(sign_in(app, acme).get(f"/auditview/show/{started.id}"))


def test_what_was_refused_is_written_down_without_what_its_address_may_hold(app, acme):
    client, _ = look(app, acme, "Support")
    client.get("/reset/a-secret-of-somebody")
    client.get(f"/chatbot/{acme.chatbot_uuid}")
    pages = [event.changes["page"] for event in events(app, "look.refused")][-2:]
    assert pages == ["GET /reset/<token>", "GET /chatbot/<uuid:chatbot_uuid>"]
