"""A website's page, with the real crawler on a small website on loopback."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import select

from app.knowledge.crawling import websites
from jobs import queues
from models import AuditEvent, Source, WebPage, Website, db
from tests.conftest import inside, sign_in
from tests.crawling.test_schedule import make_due, set_features, take_due
from tests.isolation.conftest import add_person


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """The sources for which a worker was woken."""
    found = []
    monkeypatch.setattr(queues, "wake_ingestion", lambda *ids: found.extend(ids))
    return found


@pytest.fixture
def chatbot(app, crawler):
    from models import Chatbot

    with inside(app):
        return f"/chatbot/{db.session.get(Chatbot, crawler.chatbot_id).uuid}"


@pytest.fixture
def opened(as_ada, chatbot):
    """Ada's browser and the address of her chatbot."""
    return as_ada, chatbot


@pytest.fixture
def page(app, crawler, zoo):
    """The address of the page of a website whose five pages were taken."""
    crawler.crawl(zoo.url)
    return address_of(app, crawler.only_source())


def address_of(app, source_id):
    with inside(app):
        return f"/website/{db.session.get(Source, source_id).uuid}"


def text_of(client, address):
    """Return what a page says, without markup."""
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True)))


def lose_two_pages(crawler, zoo):
    """Crawl until so many pages are gone that the owner is asked."""
    zoo.take_away("/parrots.html", "/rabbits.html")
    crawler.crawl(zoo.url)
    crawler.crawl(zoo.url)
    assert crawler.state == "waiting"


def actions_of(app, source_id):
    with inside(app):
        query = select(AuditEvent.action).where(AuditEvent.target == f"chatbot_data:{source_id}")
        return list(db.session.scalars(query.order_by(AuditEvent.id)))


def test_a_whole_website_is_looked_through_before_it_is_taken(app, crawler, zoo, opened, woken):
    as_ada, chatbot = opened
    zoo.put("/robots.txt", "User-agent: *\nDisallow: /rabbits", Content_Type="text/plain")
    added = as_ada.post(f"{chatbot}/sources", data={"url": zoo.url, "extent": "website"})
    source_id = crawler.only_source()
    page = address_of(app, source_id)
    assert added.location == page
    assert woken == [source_id]
    assert "Waiting for its turn." in text_of(as_ada, page)
    crawler.run(source_id)
    said = text_of(as_ada, page)
    assert "4 pages would be taken, 1 skipped" in said
    assert "1 robots.txt asks robots not to read it." in said
    assert "Would be added" in said
    assert crawler.documents() == []
    assert "Not taken yet" in text_of(as_ada, f"{chatbot}/sources")
    assert "It knows nothing yet." in text_of(as_ada, f"{chatbot}/sources")
    as_ada.post(f"{page}/refresh")
    crawler.run(source_id)
    assert len(crawler.documents()) == 4
    assert "Answers from 4 pages, read just now." in text_of(as_ada, page)
    assert actions_of(app, source_id) == ["source.add", "website.refresh"]


def test_a_known_website_is_opened_not_changed(crawler, zoo, as_ada, chatbot, page):
    added = as_ada.post(f"{chatbot}/sources", data={"url": zoo.url, "extent": "website"})
    assert added.location == page
    assert crawler.source(crawler.only_source()).state == "ready"


def test_the_last_reading_is_summed_up(crawler, zoo, as_ada, page):
    zoo.page("/parrots.html", "Parrots", "Parrots are fed at eight now, an hour later than before.", ("/owls.html",))
    zoo.page("/owls.html", "Owls", "Owls are awake at night and asleep by day.")
    crawler.crawl(zoo.url)
    assert "Added 1 Changed 1 Removed 0 Unchanged 4" in text_of(as_ada, page)


def test_its_list_is_searched_and_narrowed(zoo, as_ada, page):
    found = text_of(as_ada, f"{page}?q=Tickets")
    assert f"{zoo.url}/tickets.html" in found
    assert f"{zoo.url}/parrots.html" not in found
    assert "Nothing matches." in text_of(as_ada, f"{page}?outcome=failed")
    assert f"{zoo.url}/parrots.html" in text_of(as_ada, f"{page}?outcome=added&page=1")
    assert as_ada.get(f"{page}?outcome=nonsense&page=99999999&q=%00").status_code == 200


def test_a_long_list_comes_page_by_page(app, crawler, zoo, as_ada, page):
    source = crawler.source(crawler.only_source())
    owned = {"source_id": source.id, "chatbot_id": source.chatbot_id, "service_id": source.service_id}
    with inside(app):
        db.session.add_all(
            WebPage(**owned, url=f"{zoo.url}/more/{i:03}", outcome="skipped", reason="It is one more.", seen_in=1)
            for i in range(60)
        )
        db.session.commit()
    assert "Page 1 of 2, 60 in all" in text_of(as_ada, f"{page}?q=/more/")
    second = text_of(as_ada, f"{page}?q=/more/&page=2")
    assert f"{zoo.url}/more/059" in second
    assert f"{zoo.url}/more/000" not in second
    assert "page=1" in as_ada.get(f"{page}?q=/more/&page=2").get_data(as_text=True)


def test_the_same_list_as_csv_holds_no_formula(crawler, zoo, as_ada, page):
    zoo.page("/parrots.html", '=HYPERLINK("https://evil.example")', "Parrots have a new title now.")
    crawler.crawl(zoo.url)
    answer = as_ada.get(f"{page}/pages.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = {row["url"]: row for row in csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))}
    assert len(rows) == 5
    assert rows[f"{zoo.url}/parrots.html"]["title"].startswith("'=HYPERLINK")
    assert rows[f"{zoo.url}/parrots.html"]["outcome"] == "changed"


def test_pages_are_shown_as_text_whatever_they_are_called(crawler, zoo, as_ada, page):
    zoo.page("/parrots.html", "&lt;script&gt;alert(1)&lt;/script&gt;", "Parrots have a strange title now.")
    crawler.crawl(zoo.url)
    shown = as_ada.get(page).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown


def test_what_is_taken_can_be_changed_and_looked_at_first(app, crawler, as_ada, page, woken):
    source_id = crawler.only_source()
    typed = {"include": "", "exclude": " /rabbits \n\n/parking", "max_pages": "3", "then": "preview"}
    assert as_ada.post(f"{page}/change", data=typed).location == page
    website = crawler.website(source_id)
    assert (website.include, website.exclude, website.max_pages) == ([], ["/rabbits", "/parking"], 3)
    assert woken == [source_id]
    crawler.run(source_id)
    assert "3 pages would be taken, 2 removed" in text_of(as_ada, page)
    assert len(crawler.documents()) == 5
    assert actions_of(app, source_id)[-1] == "website.change"


def test_what_was_typed_stays_when_it_is_refused(app, ada, crawler, as_ada, page):
    set_features(app, ada.service_id, max_crawl_pages=20)
    for limit, words in (
        ("21", "Your plan takes up to 20 pages"), ("9" * 40, "Your plan takes up to 20 pages"),
        ("0", "whole number from 1"), ("-3", "whole number from 1"), ("many", "whole number from 1"),
    ):  # fmt: skip
        answer = as_ada.post(f"{page}/change", data={"exclude": "/typed/by/ada", "max_pages": limit})
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 400
        assert words in shown
        assert "/typed/by/ada" in shown
    assert crawler.website(crawler.only_source()).exclude == []
    assert crawler.source(crawler.only_source()).state == "ready"


def test_a_running_crawl_says_where_it_is_and_can_be_stopped(app, crawler, as_ada, page):
    source_id = crawler.only_source()
    with inside(app):
        website = websites.of_source(db.session.get(Source, source_id))
        website.phase, website.current_url, website.n_crawls = "crawling", "https://zoo.example/owls", 2
        website.source.state = "fetching"
        db.session.commit()
    said = as_ada.get(page, headers={"X-Part": "live"}).text
    assert "0 pages read, 5 known to wait." in said
    assert "At https://zoo.example/owls" in said
    assert "<h1>" not in said
    assert 'name="max_pages"' not in said, "what somebody fills in is not sent again"
    as_ada.post(f"{page}/cancel")
    assert crawler.website(source_id).is_canceled
    assert "Stopping after this page." in text_of(as_ada, page)
    assert actions_of(app, source_id) == ["website.cancel"]


def test_what_is_being_read_is_not_begun_again(crawler, as_ada, page):
    as_ada.post(f"{page}/refresh")
    fence = crawler.source(crawler.only_source()).fence
    as_ada.post(f"{page}/refresh", headers={"Referer": f"http://localhost{page}"})
    assert crawler.source(crawler.only_source()).fence == fence
    assert "It is being read already." in text_of(as_ada, page)


def test_a_crawl_that_would_drop_much_waits_for_a_yes(app, crawler, zoo, opened, page):
    as_ada, chatbot = opened
    lose_two_pages(crawler, zoo)
    source_id = crawler.only_source()
    said = text_of(as_ada, page)
    assert "2 of 5 pages would be removed" in said
    assert "2 of 5 pages are gone from the website. Nothing was changed yet." in said
    listed = text_of(as_ada, f"{chatbot}/sources")
    assert "Your yes needed" in listed
    assert page in as_ada.get(f"{chatbot}/sources").get_data(as_text=True)
    assert "Your yes needed" in text_of(as_ada, "/sourceview/list/")
    assert as_ada.post(f"{page}/refresh").status_code == 303
    assert crawler.website(source_id).phase == "awaiting_consent"
    as_ada.post(f"{page}/consent")
    crawler.run(source_id)
    assert crawler.documents() == ["/", "/parking.html", "/tickets.html"]
    assert actions_of(app, source_id) == ["website.consent"]


def test_a_no_keeps_the_pages_and_a_late_yes_counts_for_nothing(app, crawler, zoo, as_ada, page):
    lose_two_pages(crawler, zoo)
    as_ada.post(f"{page}/decline")
    said = text_of(as_ada, page)
    assert "Answers from 5 pages" in said
    assert "You kept the pages" in said
    as_ada.post(f"{page}/consent", headers={"Referer": f"http://localhost{page}"})
    assert "Nothing waits for your yes any more." in text_of(as_ada, page)
    assert crawler.source(crawler.only_source()).state == "ready"
    assert actions_of(app, crawler.only_source()) == ["website.decline"]


def test_the_plan_says_how_often_it_is_read_again(app, ada, crawler, as_ada, page):
    set_features(app, ada.service_id, recrawl="weekly")
    assert "Daily" not in text_of(as_ada, page)
    as_ada.post(f"{page}/schedule", data={"schedule": "daily"}, headers={"Referer": f"http://localhost{page}"})
    assert "Choose one of these." in text_of(as_ada, page)
    as_ada.post(f"{page}/schedule", data={"schedule": "weekly"})
    assert re.search("Next time: in [67] days", text_of(as_ada, page))
    assert crawler.website(crawler.only_source()).schedule == "weekly"


def test_the_clock_takes_nothing_that_was_only_looked_at(app, ada, crawler, zoo):
    set_features(app, ada.service_id, recrawl="weekly")
    source_id = crawler.add(zoo.url, is_preview=True)
    crawler.run(source_id)
    crawler.do(lambda source: websites.set_schedule(source, "weekly"), source_id)
    make_due(app, source_id)
    assert take_due(app) == []
    assert crawler.documents() == []


def test_a_website_that_could_not_be_looked_at_is_looked_at_again_first(crawler, zoo, as_ada, app, chatbot):
    zoo.put("/", status="500 Broken")
    source_id = crawler.add(zoo.url, is_preview=True)
    crawler.run(source_id)
    page = address_of(app, source_id)
    assert "was answered with status 500" in text_of(as_ada, page)
    as_ada.post(f"{chatbot}/sources/{page.rpartition('/')[2]}/retry")
    assert crawler.website(source_id).is_preview


def test_who_only_uses_reads_and_changes_nothing(app, ada, crawler, zoo, page):
    uma = add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user"))
    client = sign_in(app, type("Person", (), {"member_id": uma}))
    said = text_of(client, page)
    assert "Answers from 5 pages" in said
    assert "Refresh now" not in said
    assert client.get(f"{page}/pages.csv").status_code == 200
    for act in ("refresh", "cancel", "consent", "decline", "schedule", "change"):
        assert client.post(f"{page}/{act}").status_code == 403


def test_a_stranger_finds_nothing(app, cid, page):
    client = sign_in(app, cid)
    for address in (page, f"{page}/pages.csv"):
        assert client.get(address).status_code == 404
    for act in ("refresh", "cancel", "consent", "decline", "schedule", "change"):
        assert client.post(f"{page}/{act}").status_code == 404


def test_a_deleted_website_is_gone(app, crawler, as_ada, chatbot, page):
    as_ada.post(f"{chatbot}/sources/{page.rpartition('/')[2]}/delete")
    assert as_ada.get(page).status_code == 404


def test_two_clicks_add_one_website(app, crawler, as_ada, chatbot, zoo):
    for _ in range(2):
        as_ada.post(f"{chatbot}/sources", data={"url": zoo.url, "extent": "website"})
    with inside(app):
        assert len(db.session.scalars(select(Website.id).where(Website.chatbot_id == crawler.chatbot_id)).all()) == 1
