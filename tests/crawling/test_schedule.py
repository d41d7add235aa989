"""Websites are read again by themselves, as often as the plan allows."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import update

from app.knowledge.crawling import terms, websites
from app.knowledge.sources import SourceError
from app.net import FetchError
from models import Chatbot, Service, Source, Subscription, Website, db
from models.base import now
from tests.conftest import inside


def set_features(app, service_id: int, **features) -> None:
    with inside(app):
        period = db.session.query(Subscription).filter_by(service_id=service_id, status="active").one()
        period.terms = {**period.terms, "features": {**period.terms["features"], **features}}
        db.session.commit()


@pytest.fixture
def weekly(app, ada, crawler, zoo):
    set_features(app, ada.service_id, recrawl="weekly")
    crawler.crawl(zoo.url)
    source_id = crawler.only_source()
    crawler.do(lambda source: websites.set_schedule(source, "weekly"), source_id)
    return source_id


def make_due(app, source_id: int) -> None:
    with inside(app):
        db.session.execute(update(Website).where(Website.source_id == source_id).values(due_at=now() - dt.timedelta(1)))
        db.session.commit()


def take_due(app) -> list[int]:
    with app.app_context():
        return websites.take_due()


def test_a_website_is_read_again_when_its_time_has_come(app, crawler, weekly, zoo):
    make_due(app, weekly)
    assert take_due(app) == [weekly]
    assert take_due(app) == []
    assert crawler.source(weekly).state == "queued"
    assert crawler.run(weekly) == "done"
    left = crawler.website(weekly).due_at - now()
    assert dt.timedelta(days=6) < left <= dt.timedelta(days=7)


def test_a_plan_that_allows_it_less_often_is_kept_to(app, ada, crawler, weekly):
    with pytest.raises(SourceError, match="manual, monthly, weekly"):
        crawler.do(lambda source: websites.set_schedule(source, "daily"), weekly)
    set_features(app, ada.service_id, recrawl="manual")
    make_due(app, weekly)
    assert take_due(app) == []
    assert crawler.source(weekly).state == "ready"


def test_who_waits_for_a_yes_is_left_in_peace(app, crawler, weekly):
    with inside(app):
        db.session.execute(update(Website).where(Website.source_id == weekly).values(phase="awaiting_consent"))
        db.session.commit()
    make_due(app, weekly)
    assert take_due(app) == []


def test_a_schedule_taken_back_is_never_due(app, crawler, weekly):
    crawler.do(lambda source: websites.set_schedule(source, "manual"), weekly)
    assert crawler.website(weekly).due_at is None
    assert take_due(app) == []


def test_the_periodic_job_wakes_a_worker(app, weekly, monkeypatch):
    from jobs import periodic, queues

    woken = []
    monkeypatch.setattr(queues, "wake_ingestion", lambda *ids: woken.extend(ids))
    make_due(app, weekly)
    with app.app_context():
        periodic.refresh_websites()
    assert woken == [weekly]


def test_a_worker_crawls_in_slices_and_then_trains(app, crawler, zoo, monkeypatch):
    from jobs import queues, training

    woken, trained = [], []
    monkeypatch.setattr(queues, "wake_ingestion", lambda *ids: woken.extend(ids))
    monkeypatch.setattr(queues, "wake_training", lambda *ids: trained.extend(ids))
    monkeypatch.setattr(training, "CRAWL_SLICE_S", 0.0)
    monkeypatch.setattr(training.turns, "next_of", lambda _source_id: [])
    monkeypatch.setattr("app.knowledge.crawling.manners.Manners.pace_s", 0.0)
    source_id = crawler.add(zoo.url)
    with app.app_context():
        training.ingest_source(source_id)
        assert (woken, trained) == ([source_id], [])
        while len(woken) > 0:
            training.ingest_source(woken.pop())
    assert trained == [crawler.chatbot_id]
    assert len(crawler.documents()) == 5


def test_the_plan_limits_the_pages_of_a_website(app, ada, crawler, zoo):
    set_features(app, ada.service_id, max_crawl_pages=3)
    try:
        outcomes = crawler.crawl(zoo.url)
        assert sorted(outcomes.values()) == ["added"] * 3 + ["skipped"] * 2
    finally:
        set_features(app, ada.service_id, max_crawl_pages=2000)


def test_other_documents_leave_less_room(app, ada):
    with inside(app):
        service = db.session.get(Service, ada.service_id)
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        before = terms.page_limit(service, None, n_held=0)
        set_features(app, ada.service_id, documents=2, max_crawl_pages=1000)
        with pytest.raises(FetchError, match="no room"):
            terms.page_limit(service, None, n_held=-5)
        set_features(app, ada.service_id, documents=5000, max_crawl_pages=2000)
        assert before == 2000
        assert terms.page_limit(service, 7, n_held=0) == 7
        assert chatbot.id


@pytest.mark.parametrize(
    ("include", "max_pages", "words"),
    [(("x" * 300,), None, "200 characters"), (tuple(map(str, range(60))), None, "50 patterns"), ((), 0, "from 1")],
)
def test_wishes_out_of_bounds_are_refused_in_words(include, max_pages, words):
    with pytest.raises(SourceError, match=words):
        websites.make_wishes(include, (), max_pages)


@pytest.mark.parametrize(
    "address", ["", "zoo", "ftp://zoo.example/", "http://", "javascript:alert(1)", "http://a b/", "https://u@h/"]
)
def test_what_is_no_address_is_refused_in_words(crawler, address):
    with pytest.raises(SourceError, match="Enter the address"):
        crawler.add(address)


def test_a_stranger_does_not_see_it(app, crawler, zoo, cid):
    from models import WebPage, tenancy

    crawler.crawl(zoo.url)
    with app.app_context(), tenancy.use(tenancy.service_scope(cid.service_id)):
        assert db.session.query(Website).all() == []
        assert db.session.query(WebPage).all() == []
        assert db.session.get(Source, crawler.chatbot_id) is None
        db.session.remove()
