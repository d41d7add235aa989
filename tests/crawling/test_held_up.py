"""A crawl whose chatbot or service is stopped ends at that page, says so, and goes on when it is let to."""

from __future__ import annotations

import datetime as dt
import errno

import pytest

from app.knowledge import claims, reconcile, turns
from app.knowledge.crawling import crawl as crawling
from app.knowledge.crawling.rows import RowLedger
from app.probes import standing
from jobs import queues, training
from models import Chatbot, Service, db
from models.base import now
from tests.conftest import inside
from tests.crawling.conftest import AT_ONCE

STOPPED = {
    "its chatbot is suspended": (Chatbot, {"suspended_for": "It sells what it must not."}),
    "its service is suspended": (Service, {"status": "disabled"}),
    "its service has ended": (Service, {"expired_at": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}),
}


@pytest.fixture(params=STOPPED)
def stop(request, app, crawler, ada):
    """Stop what the crawl is for; the fixture's end lifts that."""
    table, values = STOPPED[request.param]
    before = {}

    def write(wanted):
        with inside(app):
            row = db.session.get(table, crawler.chatbot_id if table is Chatbot else ada.service_id)
            before.update({name: getattr(row, name) for name in wanted if name not in before})
            for name, value in wanted.items():
                setattr(row, name, value)
            db.session.commit()

    yield lambda *, is_on=True: write(values if is_on else dict(before))
    write(dict(before))


def crawl_until_stopped(crawler, source_id, stop, after=2):
    """Crawl, and stop the chatbot or service from elsewhere while a page is read."""
    seen = []

    def report(page, _n_waiting):
        seen.append(page.url)
        if len(seen) == after:
            stop()

    with inside(crawler.app):
        return crawling.crawl(source_id, AT_ONCE, report)


def test_a_crawl_stops_at_the_next_page_and_goes_on_when_it_may(app, crawler, zoo, stop):
    source_id = crawler.add(zoo.url)
    assert crawl_until_stopped(crawler, source_id, stop) == "held up"
    n_asked = len(zoo.asked)
    source, website = crawler.source(source_id), crawler.website(source_id)
    assert (source.state, website.phase, len(crawler.outcomes(source_id))) == ("queued", "crawling", 2)
    assert crawler.run(source_id) == "held up"
    assert len(zoo.asked) == n_asked
    stop(is_on=False)
    assert crawler.run(source_id) == "done"
    assert len(crawler.documents()) == 5
    assert len(set(zoo.asked)) == len(zoo.asked)  # nothing was read twice


def test_nobody_is_sent_to_a_website_that_waits(app, crawler, zoo, stop, monkeypatch):
    monkeypatch.setattr(reconcile, "QUEUE_PATIENCE_S", 0)
    source_id = crawler.add(zoo.url)
    with app.app_context():
        assert source_id in reconcile.unfinished_sources()
        assert source_id in turns.next_of(source_id)
        stop()
        assert source_id not in reconcile.unfinished_sources()
        assert source_id not in turns.next_of(source_id)
        stop(is_on=False)
        assert source_id in reconcile.unfinished_sources()


def test_what_waits_so_wakes_nobody_who_watches_for_a_backlog(app, crawler, zoo, stop):
    def n_unread():
        with app.app_context():
            return {level.name: level.values for level in standing.read_rows()}["docent_sources_unread"]["all"]

    crawler.add(zoo.url)
    before = n_unread()
    stop()
    assert n_unread() < before
    stop(is_on=False)
    assert n_unread() == before


def test_the_time_in_which_it_waited_does_not_count(app, crawler, zoo, stop):
    source_id = crawler.add(zoo.url)
    crawl_until_stopped(crawler, source_id, stop)
    assert crawler.website(source_id).started_at is None
    stop(is_on=False)
    assert crawler.run(source_id) == "done"
    assert crawler.website(source_id).stop_reason == ""
    assert now() - crawler.website(source_id).started_at < dt.timedelta(hours=1)


def test_its_page_and_the_list_say_that_it_waits(app, crawler, zoo, as_ada, stop):
    source_id = crawler.add(zoo.url)
    crawl_until_stopped(crawler, source_id, stop)
    page = as_ada.get(f"/website/{crawler.source(source_id).uuid}").get_data(as_text=True)
    assert "goes on by itself once that works again" in page
    assert 'data-moving="no"' in page
    assert "Stop reading" not in page
    stop(is_on=False)
    page = as_ada.get(f"/website/{crawler.source(source_id).uuid}").get_data(as_text=True)
    assert "known to wait" in page


@pytest.fixture
def full_disk(monkeypatch):
    """Let the rows of a page meet a full disk, as often as they are written."""
    real = RowLedger.record

    def fail(*_args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RowLedger, "record", fail)
    return lambda: monkeypatch.setattr(RowLedger, "record", real)


def test_a_crawl_that_the_disk_cuts_off_counts_no_try_and_is_not_tried_at_once(
    app, crawler, zoo, full_disk, monkeypatch
):
    woken = []
    monkeypatch.setattr(queues, "wake_ingestion", lambda *ids: woken.extend(ids))
    monkeypatch.setattr(training, "CrawlSettings", lambda **_kw: AT_ONCE)
    source_id = crawler.add(zoo.url)
    for _ in range(claims.MAX_ATTEMPTS + 1):
        with app.app_context():
            training._ingest(source_id)
        source = crawler.source(source_id)
        assert (source.state, source.attempts) == ("queued", 0)
    assert woken == []
    full_disk()
    assert crawler.run(source_id) == "done"
