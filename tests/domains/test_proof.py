"""Proving a domain by a DNS record, a file or a tag: asked of a real name server and a real website."""

from __future__ import annotations

import dataclasses
import time
import uuid

import pytest

from app.collaborators import here
from app.domains import lookup, proof
from app.net import Fetcher, FetchSettings
from app.refusals import Refusal
from models import Domain, db
from tests.app.webserver import say, serving
from tests.conftest import inside
from tests.domains.conftest import name_server


class World:
    """The website's pages, the name server, and where names lead to."""

    def __init__(self, names, port: int, pages: dict[str, tuple[str, bytes, dict[str, str]]]) -> None:
        self.names, self.port, self.pages = names, port, pages

    def put(self, path: str, body: str, status: str = "200 OK", **headers: str) -> None:
        self.pages[path] = (status, body.encode(), headers)


@pytest.fixture
def world(app):
    pages: dict[str, tuple[str, bytes, dict[str, str]]] = {}

    def answer(conn, path, _headers):
        status, body, headers = pages.get(path, ("404 Not Found", b"nothing here", {}))
        say(conn, status, body, **headers)

    with inside(app), name_server() as names, serving(answer) as site:
        held = here()
        before = held.config
        held.config = dataclasses.replace(before, dns_servers=(names.address,))
        held.__dict__["fetcher"] = Fetcher(
            FetchSettings(allow_private=True, timeout_s=5), lambda _host, _port: ["127.0.0.1"]
        )
        yield World(names, site.port, pages)
        held.config = before
        del held.__dict__["fetcher"]


def make_domain(service_id: int, port: int, host: str = "") -> Domain:
    host = host or f"{uuid.uuid4().hex[:8]}.example.com"
    domain = Domain(service_id=service_id, scheme="http", domain=host, port=port)
    db.session.add(domain)
    db.session.commit()
    return domain


@pytest.fixture
def domain(world, ada):
    return make_domain(ada.service_id, world.port)


def states(findings):
    return {finding.way: finding.state for finding in findings}


def test_nothing_proves_nothing_and_says_what_was_looked_for(domain):
    findings = proof.check(domain)
    assert states(findings) == {"dns": "missing", "file": "missing", "meta": "missing"}
    assert domain.domain in findings[0].words
    assert not domain.verified
    assert domain.last_checked is not None


def test_a_record_proves_it_beside_others_and_however_long(domain, world):
    world.names.txt[proof.record_name(domain)] = ["v=spf1 -all" + "x" * 300, proof.token_of(domain)]
    assert states(proof.check(domain)) == {"dns": "proven"}
    assert domain.verified


def test_a_wrong_record_is_shown_as_it_was_found(domain, world):
    world.names.txt[proof.record_name(domain)] = ["something-else"]
    found = proof.check(domain)[0]
    assert (found.state, "something-else" in found.words, "hour" in found.words) == ("wrong", True, True)


def test_a_file_proves_it(domain, world):
    world.put(proof.FILE, f"  {proof.token_of(domain)}\n")
    assert states(proof.check(domain))["file"] == "proven"
    assert domain.verified


def test_a_tag_in_the_head_proves_it_and_one_in_the_body_does_not(domain, world):
    world.put("/", f"<html><head><title>x</title></head><body><p>{proof.meta_tag(domain)}</p></body></html>")
    assert states(proof.check(domain))["meta"] == "missing"
    world.put("/", f"<html><head>{proof.meta_tag(domain)}</head><body></body></html>")
    assert states(proof.check(domain))["meta"] == "proven"


def test_a_page_that_sends_us_within_the_website_counts_and_one_that_sends_us_away_does_not(domain, world):
    world.put("/", "", "302 Found", Location="/en/")
    world.put("/en/", f"<html><head>{proof.meta_tag(domain)}</head></html>")
    assert states(proof.check(domain))["meta"] == "proven"
    world.put("/", "", "302 Found", Location=f"http://elsewhere.example.com:{world.port}/en/")
    assert states(proof.check(domain))["meta"] == "unknown"


def test_another_customer_s_token_proves_nothing(world, domain, cid):
    stranger = make_domain(cid.service_id, world.port, domain.domain)
    world.names.txt[proof.record_name(domain)] = [proof.token_of(stranger)]
    assert proof.check(domain)[0].state == "wrong"
    assert not domain.verified


def test_a_website_that_another_service_holds_is_not_taken(world, domain, cid):
    world.names.txt[proof.record_name(domain)] = [proof.token_of(domain)]
    proof.check(domain)
    db.session.commit()
    stranger = make_domain(cid.service_id, world.port, domain.domain)
    world.names.txt[proof.record_name(domain)] = [proof.token_of(stranger)]
    with pytest.raises(proof.HeldByAnother):
        proof.check(stranger)
    db.session.rollback()
    assert (db.session.get(Domain, domain.id).verified, db.session.get(Domain, stranger.id).verified) == (True, False)


def test_servers_without_an_answer_are_unknown_and_take_nothing_away(domain, world):
    domain.verified = True
    db.session.commit()
    world.names.broken.add(proof.record_name(domain))
    world.put(proof.FILE, "", "503 Service Unavailable")
    world.put("/", "", "500 Internal Server Error")
    assert states(proof.check(domain)) == {"dns": "unknown", "file": "unknown", "meta": "unknown"}
    assert domain.verified


def test_a_silent_name_server_is_waited_for_so_long_and_no_longer(world, monkeypatch):
    monkeypatch.setattr(lookup, "DEADLINE_S", 1.0)
    world.names.silent.add("silent.example.com")
    started = time.monotonic()
    with pytest.raises(lookup.LookupFailed):
        lookup.find_txt("silent.example.com", (world.names.address,))
    assert time.monotonic() - started < 6


@pytest.mark.parametrize("body", ["\0" * 100, "x" * 100_000, "<html>" * 2000, "ä" * 1000])
def test_nonsense_in_the_file_or_page_is_no_proof(domain, world, body):
    world.put(proof.FILE, body)
    world.put("/", body)
    assert "proven" not in states(proof.check(domain)).values()


def test_a_domain_that_is_deleted_meanwhile_is_said_to_be(domain, world, monkeypatch):
    def look_and_lose(domain):
        db.session.delete(domain)
        db.session.commit()
        return [proof.Finding("dns", "missing", "nothing")]

    monkeypatch.setattr(proof, "look", look_and_lose)
    with pytest.raises(Refusal, match="deleted while"):
        proof.check(domain)
