"""An owner's yes settles what was read, and a crawl that has not begun can be canceled: neither asks the website."""

from __future__ import annotations

import pytest

from app.knowledge import clearing, sweep
from app.knowledge.crawling import websites
from models import Website, db
from tests.conftest import inside


@pytest.fixture
def waiting(crawler, zoo):
    """The source of a website of which two pages are gone and one is new, and whose owner is asked."""
    crawler.crawl(zoo.url)
    zoo.page("/owls.html", "Owls", "Owls are awake at night and asleep by day.")
    zoo.page("/tickets.html", "Tickets", "A family ticket costs thirty pounds now.", ("/owls.html",))
    zoo.take_away("/parrots.html", "/rabbits.html")
    crawler.crawl(zoo.url)
    crawler.crawl(zoo.url)
    assert crawler.state == "waiting"
    return crawler.only_source()


def test_a_yes_settles_what_was_read_without_a_second_crawl(app, crawler, zoo, waiting):
    with inside(app):
        clearing.drop_documents(clearing.dead_documents(crawler.chatbot_id))
        sweep.sweep()
    n_asked = len(zoo.server.asked)
    crawler.do(websites.consent, waiting)
    assert crawler.run(waiting) == "done"
    assert len(zoo.server.asked) == n_asked
    assert {"/parrots.html", "/rabbits.html"}.isdisjoint(crawler.documents())
    website = crawler.website(waiting)
    assert (website.phase, website.settled_crawl, website.has_consent) == ("settled", website.n_crawls, False)


def test_a_yes_can_be_taken_back_while_it_waits_for_its_turn(crawler, zoo, waiting):
    before = crawler.documents()
    crawler.do(websites.consent, waiting)
    crawler.do(websites.cancel, waiting)
    assert crawler.run(waiting) is None
    website = crawler.website(waiting)
    assert (website.phase, website.has_consent) == ("awaiting_consent", False)
    assert crawler.documents() == before


def test_a_crawl_that_has_not_begun_leaves_the_queue(crawler, zoo):
    source_id = crawler.add(zoo.url)
    crawler.do(websites.cancel, source_id)
    assert crawler.run(source_id) is None
    assert zoo.server.asked == []
    assert crawler.source(source_id).state == "ready"
    assert crawler.website(source_id).phase == "due"


def test_a_refresh_that_is_canceled_before_it_begins_changes_nothing(crawler, zoo):
    crawler.crawl(zoo.url)
    source_id, before = crawler.only_source(), crawler.documents()
    crawler.do(websites.refresh, source_id)
    crawler.do(websites.cancel, source_id)
    assert crawler.run(source_id) is None
    assert (crawler.website(source_id).phase, crawler.documents()) == ("settled", before)
    crawler.do(websites.refresh, source_id)
    assert crawler.run(source_id) == "done"
    assert not crawler.website(source_id).is_canceled


def test_a_crawl_that_began_just_before_is_stopped_all_the_same(app, crawler, zoo):
    source_id = crawler.add(zoo.url)

    def cancel_late(source):
        source.fence += 1  # a worker takes it between the owner's look and the click
        db.session.flush()
        source.state = "fetching"
        db.session.flush()
        websites.cancel(source)

    crawler.do(cancel_late, source_id)
    with inside(app):
        assert db.session.query(Website).filter_by(source_id=source_id).one().is_canceled
