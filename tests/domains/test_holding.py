"""One holder at a time, by a clock that the tests move, a real name server and a real website."""

from __future__ import annotations

import contextlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete

from app.collaborators import here
from app.domains import holding, proof
from jobs import domains as job
from models import Domain, OutgoingMail, db
from tests.conftest import inside
from tests.domains.conftest import make_domain

pytestmark = pytest.mark.usefixtures("clock")


class Scene:
    """Ada holds a host by a DNS record; `mails` are those since the test began, as (kind, recipient)."""

    def __init__(self, world, clock, ada, cid) -> None:
        self.world, self.clock, self.cid = world, clock, cid
        self._n_before = db.session.query(OutgoingMail).count()
        self.domain = make_domain(ada.service_id, world.port)
        self.records = world.names.txt
        self.records[proof.record_name(self.domain)] = [proof.token_of(self.domain)]
        holding.check(self.domain)
        db.session.commit()

    @property
    def mails(self) -> list[tuple[str, str]]:
        rows = db.session.query(OutgoingMail).order_by(OutgoingMail.id)[self._n_before :]
        return [(mail.template.removeprefix("notice_domain_"), mail.recipient) for mail in rows]

    def claim(self) -> Domain:
        """Cid proves the host that Ada holds."""
        made = make_domain(self.cid.service_id, self.world.port, self.domain.domain)
        self.records[proof.record_name(self.domain)].append(proof.token_of(made))
        assert holding.check(made).is_held_by_another
        db.session.commit()
        return made

    def prove_alone(self, domain: Domain) -> None:
        self.records[proof.record_name(domain)] = [proof.token_of(domain)]

    def days(self, n: int) -> None:
        for _ in range(n):
            self.clock.go(hours=24, minutes=1)
            tick()


def tick() -> None:
    """What the scheduler and a worker do in their next minute."""
    for domain_id in holding.due_domains():
        job.check_domain(domain_id)


@pytest.fixture
def scene(world, app, clock, ada, cid):
    app.config["MAIL_SERVER"] = "mail.example.com"  # mails are rows then
    yield Scene(world, clock, ada, cid)
    app.config["MAIL_SERVER"] = ""
    db.session.execute(delete(Domain).where(Domain.due_at.is_not(None)))  # the next test's clock shall not meet them
    db.session.commit()


def test_a_proof_is_looked_for_every_day(scene):
    domain = scene.domain
    first = domain.last_checked
    tick()
    assert domain.last_checked == first
    scene.days(1)
    assert (domain.last_checked - first).days == 1
    assert (domain.verified, domain.n_failures, scene.mails) == (True, 0, [])


def test_a_proof_that_is_gone_for_three_days_ends_the_hold_with_two_mails(scene, ada):
    domain = scene.domain
    scene.records.clear()
    scene.days(1)
    assert (domain.verified, domain.n_failures, scene.mails) == (True, 1, [("failing", ada.email)])
    scene.days(2)
    assert (domain.verified, scene.mails) == (True, [("failing", ada.email)])
    scene.days(1)
    assert not domain.verified
    assert scene.mails == [("failing", ada.email), ("lost", ada.email)]


def test_a_proof_that_comes_back_is_as_if_it_had_never_been_gone(scene):
    domain = scene.domain
    kept = dict(scene.records)
    scene.records.clear()
    scene.days(2)
    scene.records.update(kept)
    scene.days(1)
    assert (domain.verified, domain.n_failures, domain.failing_since) == (True, 0, None)
    scene.records.clear()
    scene.days(3)
    assert domain.verified


def test_three_looks_in_one_hour_are_not_three_days(scene):
    domain = scene.domain
    scene.records.clear()
    for _ in range(5):
        holding.check(domain)
        scene.clock.go(minutes=10)
    assert domain.verified


def test_no_answer_counts_for_nothing_however_long_it_lasts(scene):
    domain = scene.domain
    scene.records.clear()
    scene.world.names.broken.add(proof.record_name(domain))
    scene.days(10)
    assert (domain.verified, domain.n_failures, scene.mails) == (True, 0, [])


def test_a_proof_by_file_is_not_gone_because_a_broken_server_says_so(scene, ada):
    domain = make_domain(ada.service_id, scene.world.port)
    scene.world.put(proof.FILE, proof.token_of(domain))
    holding.check(domain)
    assert domain.proven_by == "file"
    for status in ("503 Service Unavailable", "429 Too Many Requests"):
        scene.world.put(proof.FILE, "", status)
        scene.days(5)
        assert domain.verified
    scene.world.put(proof.FILE, "", "404 Not Found")
    scene.days(4)
    assert not domain.verified


def test_a_paused_domain_keeps_its_proof_and_is_looked_at(scene):
    domain = scene.domain
    domain.status = "inactive"
    db.session.commit()
    scene.days(1)
    assert domain.verified
    scene.records.clear()
    scene.days(4)
    assert not domain.verified


def test_who_proves_a_held_website_has_a_claim_and_the_holder_is_asked(scene, ada):
    domain = scene.domain
    scene.clock.go(hours=3)
    stranger = scene.claim()
    assert (stranger.verified, stranger.claimed_at) == (False, scene.clock())
    assert scene.mails == [("claimed", ada.email)]
    assert domain.id in holding.due_domains()
    scene.days(6)
    assert (domain.verified, stranger.verified) == (True, False)
    assert scene.mails == [("claimed", ada.email)]


def test_a_claim_wins_once_the_holder_has_no_proof_for_three_days(scene, cid):
    domain = scene.domain
    stranger = scene.claim()
    scene.prove_alone(stranger)
    scene.days(3)
    assert (domain.verified, stranger.verified) == (True, False)
    scene.days(1)
    tick()
    assert (domain.verified, stranger.verified, stranger.claimed_at) == (False, True, None)
    assert [mail for mail in scene.mails if mail[0] == "yours"] == [("yours", cid.email)]


def test_a_claim_ends_with_its_proof(scene):
    domain = scene.domain
    stranger = scene.claim()
    scene.prove_alone(domain)
    scene.days(1)
    assert stranger.claimed_at is None


def test_another_scheme_or_port_of_a_held_host_is_held_too(scene, cid):
    domain = scene.domain
    other = Domain(service_id=cid.service_id, scheme="https", domain=domain.domain)
    db.session.add(other)
    db.session.commit()
    scene.records[proof.record_name(domain)].append(proof.token_of(other))
    assert holding.check(other).is_held_by_another


def test_one_service_may_hold_a_host_on_several_ports(scene, ada):
    domain = scene.domain
    other = Domain(service_id=ada.service_id, scheme="https", domain=domain.domain)
    db.session.add(other)
    db.session.commit()
    holding.check(other)
    assert other.verified


def test_a_deleted_domain_leaves_the_host_to_the_claim(scene):
    domain = scene.domain
    stranger = scene.claim()
    db.session.delete(domain)
    db.session.commit()
    scene.days(1)
    assert stranger.verified


def test_staff_release_a_host_with_a_reason_and_the_claim_gets_it(scene, ada):
    domain = scene.domain
    stranger = scene.claim()
    scene.prove_alone(stranger)
    holding.release(domain.domain, "The company was sold.")
    db.session.commit()
    mail = db.session.query(OutgoingMail).filter_by(template="notice_domain_released").one()
    assert (mail.recipient, "sold" in json.dumps(mail.words)) == (ada.email, True)
    tick()
    assert (domain.verified, stranger.verified) == (False, True)


def test_the_first_proof_is_looked_for_by_itself_for_a_week(scene, ada):
    domain = make_domain(ada.service_id, scene.world.port)
    domain.created_at = scene.clock()
    holding.check(domain)
    db.session.commit()
    assert domain.due_at == scene.clock() + holding.SOON
    scene.prove_alone(domain)
    scene.clock.go(hours=1)
    tick()
    assert domain.verified


def test_local_domains_are_never_looked_for(scene, ada):
    domain = make_domain(ada.service_id, 3999, "localhost")
    domain.verified = True
    db.session.commit()
    assert holding.check(domain).findings == []
    assert here().fetcher is not None
    assert domain.verified


def test_of_two_that_prove_one_host_on_two_schemes_in_the_same_instant_one_gets_it(app, ada, cid, monkeypatch):
    """Both have looked for a holder before either becomes one, where the database lets two write at once."""
    ids, looked = [], threading.Barrier(2)
    with inside(app):
        for customer, scheme in ((ada, "https"), (cid, "http")):
            domain = Domain(service_id=customer.service_id, domain="instant.example.com", scheme=scheme)
            db.session.add(domain)
            db.session.commit()
            ids.append(domain.id)
    find_holder = holding.find_holder

    def find_and_wait(domain):
        found = find_holder(domain)
        with contextlib.suppress(threading.BrokenBarrierError):  # SQLite lets the second begin when the first is done
            looked.wait(1)
        return found

    def prove(domain_id):
        with inside(app):
            holding._take(db.session.get(Domain, domain_id), "dns")
            db.session.commit()

    monkeypatch.setattr(holding, "find_holder", find_and_wait)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(prove, ids))
    with inside(app):
        both = [db.session.get(Domain, domain_id) for domain_id in ids]
        assert sorted(domain.verified for domain in both) == [False, True]
        assert [domain.claimed_at is None for domain in both] == [domain.verified for domain in both]


def test_a_host_stays_held_when_the_first_of_its_two_schemes_is_let_go(app, ada):
    with inside(app):
        first, second = (
            Domain(service_id=ada.service_id, domain="two.example.com", scheme=scheme) for scheme in ("https", "http")
        )
        db.session.add_all([first, second])
        db.session.flush()
        for domain in (first, second):
            holding._take(domain, "dns")
        assert (first.holds_host, second.holds_host, second.verified) == (True, False, True)
        holding.let_go(first)
        assert (first.verified, first.holds_host, second.holds_host) == (False, False, True)
        db.session.rollback()
