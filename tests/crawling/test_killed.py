"""A crawl that is killed at any moment ends, when it is taken up again, as if nothing had been."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from app.knowledge.crawling import websites
from models import db
from tests.conftest import inside
from tests.crawling.fakesite import TOPICS

ALL = ["/", "/parking.html", "/tickets.html"]


def consent_ahead(source):
    """Say yes before anything asks, as `crawl --yes` does."""
    websites.of_source(source).phase = "consented"


def plant(site) -> None:
    site.page("/", "The zoo", "Welcome to the small zoo by the lake.", tuple(ALL[1:]))
    site.page("/parking.html", "Parking", TOPICS["parking"])
    site.page("/tickets.html", "Tickets", TOPICS["tickets"])


class Killed(BaseException):
    """What no handler catches, as a kill is not caught either."""


def crawl_killed_at(crawler, source_id: int, moment: int) -> bool:
    """Crawl and die at the n-th commit, before it is made; tell whether there were so many."""
    count = 0

    def die(_session) -> None:
        nonlocal count
        count += 1
        if count == moment:
            raise Killed

    event.listen(db.session, "before_commit", die)
    try:
        crawler.run(source_id)
        return False
    except Killed:
        return True
    finally:
        event.remove(db.session, "before_commit", die)


def wait_out(crawler, source_id: int) -> None:
    """Let the dead worker's claim grow stale: what the reconciler waits for."""

    def age(source) -> None:
        if source.state != "queued":
            source.heartbeat_at = source.created_at.replace(year=2020)
        source.attempts = 0

    crawler.do(age, source_id)


@pytest.mark.parametrize("is_refresh", [False, True], ids=["first", "refresh"])
def test_killed_before_each_commit_it_ends_the_same(crawler, site, is_refresh):
    moment = 1
    while True:
        plant(site)
        source_id = crawler.add(site.url)
        if is_refresh:
            assert crawler.run(source_id) == "done"
            site.page("/tickets.html", "Tickets", f"A family ticket costs {moment} pounds.", ("/pie.html",))
            site.page("/pie.html", "Pie", "Apple pie is served at two.")
            site.put("/parking.html", status="301 Moved", Location="/tickets.html")
            crawler.add(site.url)
            crawler.do(consent_ahead, source_id)  # one of three is more than 30 %
        was_killed = crawl_killed_at(crawler, source_id, moment)
        if was_killed:
            wait_out(crawler, source_id)
            assert crawler.run(source_id) == "done"
        taken = sorted({*ALL, "/pie.html"} - {"/parking.html"}) if is_refresh else ALL
        assert crawler.documents() == taken, moment
        n_documents, n_chunks, _ = crawler.n_rows()
        assert (n_documents, n_chunks) == (len(taken), len(taken)), moment
        assert crawler.source(source_id).state == "ready"
        forget_website(crawler, source_id)
        if not was_killed:
            break
        moment += 1
    assert moment > 12


def forget_website(crawler, source_id: int) -> None:
    from models import Source

    with inside(crawler.app):
        db.session.delete(db.session.get(Source, source_id))
        db.session.commit()
        assert crawler.n_rows() == (0, 0, 0)
