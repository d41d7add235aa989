"""A domain's page: how to prove it, what was found, and nothing for a stranger."""

from __future__ import annotations

from app.domains import proof
from models import Domain, db
from tests.conftest import inside, sign_in


def address_of(app, person, *, verified=True):
    with inside(app):
        domain = db.session.get(Domain, person.domain_id)
        domain.verified = verified
        db.session.commit()
        return f"/domain/{domain.uuid}", proof.token_of(domain)


def test_an_owner_reads_how_to_prove_it_and_what_was_found(app, ada, as_ada, monkeypatch):
    address, token = address_of(app, ada, verified=False)
    page = as_ada.get(address).get_data(as_text=True)
    assert page.count(token) == 3
    assert f"_docent-challenge.{ada.canary}.example.com" in page
    monkeypatch.setattr(
        proof, "look", lambda _domain: [proof.Finding("dns", "wrong", "is there, but <b>its</b> value")]
    )
    checked = as_ada.post(f"{address}/check").get_data(as_text=True)
    assert "is there, but &lt;b&gt;its&lt;/b&gt; value" in checked
    assert "Not proven yet" in checked


def test_a_proven_domain_asks_for_nothing(app, ada, as_ada):
    address, token = address_of(app, ada)
    page = as_ada.get(address).get_data(as_text=True)
    assert token not in page
    assert "Chatbots there" in page


def test_a_stranger_finds_neither_page_nor_check(app, ada, cid):
    address, _ = address_of(app, ada)
    client = sign_in(app, cid)
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/check").status_code == 404
