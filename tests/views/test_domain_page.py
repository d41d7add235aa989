"""A domain's page: how to prove it, what was found, and nothing for a stranger."""

from __future__ import annotations

import pytest

from app.domains import proof
from models import AuditEvent, Chatbot, Domain, DomainGrant, Embed, Workspace, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in


def address_of(app, person, *, verified=True):
    with inside(app):
        domain = db.session.get(Domain, person.domain_id)
        domain.verified = verified
        db.session.commit()
        return f"/domain/{domain.uuid}", proof.token_of(domain)


def find(monkeypatch, state, words=""):
    monkeypatch.setattr(proof, "look", lambda _domain: [proof.Finding("dns", state, words)])


def test_an_owner_reads_how_to_prove_it_and_what_was_found(app, ada, as_ada, monkeypatch):
    address, token = address_of(app, ada, verified=False)
    page = as_ada.get(address).get_data(as_text=True)
    assert page.count(token) == 3
    assert f"_docent-challenge.{ada.canary}.example.com" in page
    find(monkeypatch, "wrong", "is there, but <b>its</b> value")
    checked = as_ada.post(f"{address}/check").get_data(as_text=True)
    assert "is there, but &lt;b&gt;its&lt;/b&gt; value" in checked
    assert "Not proven yet" in checked


def prove(app, person, monkeypatch):
    """Let somebody prove their website on its page: (where that leads, the state of each chatbot's embed there)."""
    address, _ = address_of(app, person, verified=False)
    find(monkeypatch, "proven")
    answer = sign_in(app, person).post(f"{address}/check")
    with inside(app):
        placed = db.session.query(Embed).filter_by(domain_id=person.domain_id)
        return answer, {embed.chatbot_id: (embed.status, str(embed.uuid)) for embed in placed}


def test_the_only_chatbot_of_a_service_answers_on_a_proven_website_by_itself_and_its_code_is_next(app, monkeypatch):
    owner = make_customer(app, "ada")
    answer, placed = prove(app, owner, monkeypatch)
    status, uuid = placed[owner.chatbot_id]
    assert (status, answer.location) == ("active", f"/embed/{uuid}")
    with inside(app):
        event = db.session.query(AuditEvent).filter_by(action="embed.switch", service_id=owner.service_id).one()
        assert event.actor_id == owner.member_id
        db.session.query(Embed).filter_by(domain_id=owner.domain_id).update({"status": "inactive"})
        db.session.commit()
    assert prove(app, owner, monkeypatch)[1][owner.chatbot_id][0] == "inactive", "what was switched off stays so"


@pytest.mark.parametrize("there", ["two", "kept", "inside"])
def test_where_a_choice_is_needed_no_chatbot_is_put_on_a_website(app, monkeypatch, there):
    owner = make_customer(app, "ada")
    with inside(app):
        chatbot, domain = db.session.get(Chatbot, owner.chatbot_id), db.session.get(Domain, owner.domain_id)
        if there == "two":
            db.session.add(Chatbot(service_id=owner.service_id, workspace_id=chatbot.workspace_id, name="Second"))
        elif there == "kept":
            sales = Workspace(service_id=owner.service_id, name="Sales")
            db.session.add(sales)
            db.session.flush()
            domain.is_kept = True
            db.session.add(DomainGrant(service_id=owner.service_id, workspace_id=sales.id, domain_id=domain.id))
        else:
            chatbot.type = "internal_assistant"
        db.session.commit()
        page = f"/domain/{domain.uuid}"
    answer, placed = prove(app, owner, monkeypatch)
    assert (answer.location, placed) == (page, {})


def test_a_proven_domain_asks_for_nothing(app, ada, as_ada):
    address, token = address_of(app, ada)
    page = as_ada.get(address).get_data(as_text=True)
    assert token not in page
    assert "Chatbots there" in page


def test_a_proven_domain_that_was_never_looked_at_again_says_no_day(app, ada, as_ada):
    address, _ = address_of(app, ada)
    with inside(app):
        db.session.get(Domain, ada.domain_id).last_checked = None
        db.session.commit()
    page = as_ada.get(address).text
    assert "Verified" in page
    assert "Looked at" not in page


def test_a_stranger_finds_neither_page_nor_check(app, ada, cid):
    address, _ = address_of(app, ada)
    client = sign_in(app, cid)
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/check").status_code == 404
    assert client.post(f"{address}/switch").status_code == 404


def test_a_domain_is_paused_and_goes_on_with_its_proof(app, ada, as_ada):
    address, _ = address_of(app, ada)
    for status in ("inactive", "active"):
        assert as_ada.post(f"{address}/switch").status_code == 302
        with inside(app):
            domain = db.session.get(Domain, ada.domain_id)
            assert (domain.status, domain.verified) == (status, True)


def test_a_proof_that_is_gone_is_told_with_the_day_it_has_to_be_back(app, ada, as_ada, monkeypatch):
    address, _ = address_of(app, ada)
    find(monkeypatch, "missing")
    page = as_ada.post(f"{address}/check").get_data(as_text=True)
    assert "Proof gone" in page
    assert "Put the proof back by" in page
    find(monkeypatch, "proven")
    assert "Proof gone" not in as_ada.post(f"{address}/check").get_data(as_text=True)


@pytest.fixture
def claimed(app, ada, cid, monkeypatch):
    """Cid has proven the website that Ada holds: (its name, the page that tells him so)."""
    address_of(app, ada)
    with inside(app):
        host = db.session.get(Domain, ada.domain_id).domain
        theirs = Domain(service_id=cid.service_id, domain=host, scheme="https")
        db.session.add(theirs)
        db.session.commit()
        address, row_id = f"/domain/{theirs.uuid}", theirs.id
    find(monkeypatch, "proven")
    yield host, sign_in(app, cid).post(f"{address}/check").get_data(as_text=True)
    with inside(app):
        db.session.delete(db.session.get(Domain, row_id))
        db.session.commit()


def test_who_proves_a_website_of_another_service_gets_a_plain_answer_and_no_name(claimed, ada):
    _, page = claimed
    assert "another service on this" in page
    assert "asked by mail" in page
    assert f"service {ada.canary}" not in page


def test_staff_see_the_claim_and_release_the_website_with_a_reason(app, ada, cid, claimed):
    host, _ = claimed
    staff = come_in(app, add_person(app, "sam", platform_role="Staff"))
    page = staff.get("/holding/").get_data(as_text=True)
    assert all(name in page for name in (host, f"service {ada.canary}", f"service {cid.canary}"))
    assert staff.post("/holding/release", data={"website": host}).status_code == 400
    assert staff.post("/holding/release", data={"website": "no.example.net", "reason": "x"}).status_code == 400
    assert staff.post("/holding/release", data={"website": f"https://{host}/", "reason": "Sold."}).status_code == 302
    with inside(app):
        assert not db.session.get(Domain, ada.domain_id).verified
        event = db.session.query(AuditEvent).filter_by(action="domain.release").one()
        assert (event.service_id, event.changes) == (ada.service_id, {"reason": "Sold."})


def test_nobody_else_releases_websites(app, ada, as_ada):
    host, _ = address_of(app, ada)
    support = come_in(app, add_person(app, "sue", platform_role="Support"))
    for client in (as_ada, support, app.test_client()):
        assert client.get("/holding/").status_code in (302, 403)
        assert client.post("/holding/release", data={"website": host, "reason": "x"}).status_code in (302, 403)
    with inside(app):
        assert db.session.get(Domain, ada.domain_id).verified


def test_a_website_is_added_with_its_subdomains_and_refused_in_words(app, ada, as_ada):
    form = {"domain": "HTTPS://Acme.Example.NET/en/", "with_subdomains": "y", "service": str(ada.service_id)}
    assert as_ada.post("/domainview/add", data=form).status_code == 302
    with inside(app):
        made = db.session.query(Domain).filter_by(domain="acme.example.net").one()
        assert (made.with_subdomains, made.verified) == (True, False)
    refused = as_ada.post("/domainview/add", data={**form, "domain": "co.uk"}).get_data(as_text=True)
    assert "belongs to nobody alone" in refused
