"""Proving a domain by a DNS record, a file or a tag: asked of a real name server and a real website."""

from __future__ import annotations

import time

import pytest

from app.domains import holding, lookup, proof
from app.refusals import Refusal
from models import db
from tests.domains.conftest import make_domain
from tests.waiting import SOON_S


def states(findings):
    return {finding.way: finding.state for finding in findings}


def test_nothing_proves_nothing_and_says_what_was_looked_for(domain):
    findings = holding.check(domain).findings
    assert states(findings) == {"dns": "missing", "file": "missing", "meta": "missing"}
    assert domain.domain in findings[0].words
    assert not domain.verified
    assert domain.last_checked is not None


def test_a_record_proves_it_beside_others_and_however_long(domain, world):
    world.names.txt[proof.record_name(domain)] = ["v=spf1 -all" + "x" * 300, proof.token_of(domain)]
    assert states(holding.check(domain).findings) == {"dns": "proven"}
    assert domain.verified


def test_a_wrong_record_is_shown_as_it_was_found(domain, world):
    world.names.txt[proof.record_name(domain)] = ["something-else"]
    found = holding.check(domain).findings[0]
    assert (found.state, "something-else" in found.words, "hour" in found.words) == ("wrong", True, True)


def test_a_file_proves_it(domain, world):
    world.put(proof.FILE, f"  {proof.token_of(domain)}\n")
    assert states(holding.check(domain).findings)["file"] == "proven"
    assert domain.verified


def test_a_tag_in_the_head_proves_it_and_one_in_the_body_does_not(domain, world):
    world.put("/", f"<html><head><title>x</title></head><body><p>{proof.meta_tag(domain)}</p></body></html>")
    assert states(holding.check(domain).findings)["meta"] == "missing"
    world.put("/", f"<html><head>{proof.meta_tag(domain)}</head><body></body></html>")
    assert states(holding.check(domain).findings)["meta"] == "proven"


def test_a_page_that_sends_us_within_the_website_counts_and_one_that_sends_us_away_does_not(domain, world):
    world.put("/", "", "302 Found", Location="/en/")
    world.put("/en/", f"<html><head>{proof.meta_tag(domain)}</head></html>")
    assert states(holding.check(domain).findings)["meta"] == "proven"
    world.put("/", "", "302 Found", Location=f"http://elsewhere.example.com:{world.port}/en/")
    assert states(holding.check(domain).findings)["meta"] == "unknown"


def test_another_customer_s_token_proves_nothing(world, domain, cid):
    stranger = make_domain(cid.service_id, world.port, domain.domain)
    world.names.txt[proof.record_name(domain)] = [proof.token_of(stranger)]
    assert holding.check(domain).findings[0].state == "wrong"
    assert not domain.verified


def test_servers_without_an_answer_are_unknown_and_take_nothing_away(domain, world):
    domain.verified = True
    db.session.commit()
    world.names.broken.add(proof.record_name(domain))
    world.put(proof.FILE, "", "503 Service Unavailable")
    world.put("/", "", "500 Internal Server Error")
    assert states(holding.check(domain).findings) == {"dns": "unknown", "file": "unknown", "meta": "unknown"}
    assert domain.verified


def test_a_silent_name_server_is_waited_for_so_long_and_no_longer(world, monkeypatch):
    monkeypatch.setattr(lookup, "DEADLINE_S", 1.0)
    world.names.silent.add("silent.example.com")
    started = time.monotonic()
    with pytest.raises(lookup.LookupFailed):
        lookup.find_txt("silent.example.com", (world.names.address,))
    assert time.monotonic() - started < SOON_S


@pytest.mark.parametrize("body", ["\0" * 100, "x" * 100_000, "<html>" * 2000, "ä" * 1000])
def test_nonsense_in_the_file_or_page_is_no_proof(domain, world, body):
    world.put(proof.FILE, body)
    world.put("/", body)
    assert "proven" not in states(holding.check(domain).findings).values()


def test_a_domain_that_is_deleted_meanwhile_is_said_to_be(domain, world, monkeypatch):
    def look_and_lose(domain):
        db.session.delete(domain)
        db.session.commit()
        return [proof.Finding("dns", "missing", "nothing")]

    monkeypatch.setattr(proof, "look", look_and_lose)
    with pytest.raises(Refusal, match="deleted while"):
        holding.check(domain)
