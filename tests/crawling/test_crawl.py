"""A website is crawled: what is taken, what is left and why, and what a second look costs."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.knowledge.crawling import websites
from models import Website, db
from tests.conftest import inside
from tests.crawling.fakesite import TOPICS

ALL = ["/", *sorted(f"/{topic}.html" for topic in TOPICS)]


def test_it_takes_every_page_and_cites_it_by_its_address(crawler, zoo):
    outcomes = crawler.crawl(zoo.url)
    assert outcomes == dict.fromkeys(ALL, "added")
    assert crawler.documents() == ALL
    answer = crawler.ask("What does a family ticket cost?")
    assert answer.state == "grounded"
    assert "thirty-one euros" in answer.text
    assert answer.citations[0].url.startswith(f"{zoo.url}/tickets.html")


def test_each_page_is_one_document_with_title_and_chunks(crawler, zoo):
    crawler.crawl(zoo.url)
    line = crawler.lines(crawler.only_source())["/parrots.html"]
    assert (line.title, line.n_chunks, line.reason) == ("Parrots", 1, "")
    source = crawler.source(crawler.only_source())
    assert (source.state, source.n_pages, source.n_chunks, source.progress) == ("ready", 5, 5, 100)


def test_a_second_crawl_reads_and_embeds_nothing(crawler, zoo):
    crawler.crawl(zoo.url)
    with inside(crawler.app):
        before = db.session.scalars(select(Website.n_embedded).where(Website.chatbot_id == crawler.chatbot_id)).one()
    zoo.forget()
    assert crawler.crawl(zoo.url) == dict.fromkeys(ALL, "unchanged")
    assert before == 5
    assert crawler.website(crawler.only_source()).n_embedded == 0
    assert crawler.n_rows() == (5, 5, 5)


def test_without_etags_the_same_bytes_are_not_parsed_again(crawler, zoo, monkeypatch):
    zoo.has_tags = False
    crawler.crawl(zoo.url)
    monkeypatch.setattr("app.knowledge.crawling.reading.parse", lambda *_args: pytest.fail("it was parsed"))
    assert crawler.crawl(zoo.url) == dict.fromkeys(ALL, "unchanged")


def test_other_bytes_with_the_same_text_are_no_change(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.page("/parrots.html", "Parrots", TOPICS["parrots"], ("/",), head="<meta name=build content=7>")
    assert set(crawler.crawl(zoo.url).values()) == {"unchanged"}
    assert crawler.website(crawler.only_source()).n_embedded == 0


def test_a_changed_page_takes_the_place_of_the_one_before(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.page("/tickets.html", "Tickets", "A family ticket costs forty-four euros from this summer on.", ("/",))
    outcomes = crawler.crawl(zoo.url)
    assert outcomes["/tickets.html"] == "changed"
    assert sorted(set(outcomes.values())) == ["changed", "unchanged"]
    assert crawler.website(crawler.only_source()).n_embedded == 1
    assert crawler.documents() == ALL
    assert "forty-four" in crawler.ask("What does a family ticket cost?").text
    assert crawler.n_rows() == (5, 5, 5)


def test_a_new_page_is_found_on_a_page_that_changed(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.page("/", "The zoo", "Welcome to the small zoo.", (*(f"/{topic}.html" for topic in TOPICS), "/penguins.html"))
    zoo.page("/penguins.html", "Penguins", "Penguins are fed with herring at noon.")
    outcomes = crawler.crawl(zoo.url)
    assert (outcomes["/"], outcomes["/penguins.html"]) == ("changed", "added")


def test_text_that_comes_back_in_a_crawl_is_known_by_its_embedding(crawler, zoo):
    """A page that moved says the same: nothing is embedded for it."""
    crawler.crawl(zoo.url)
    zoo.page("/", "The zoo", "Welcome, we have moved the parrots.", ("/birds.html",))
    zoo.page("/birds.html", "Parrots", TOPICS["parrots"])
    zoo.put("/parrots.html", status="301 Moved", Location="/birds.html")
    outcomes = crawler.crawl(zoo.url)
    assert (outcomes["/parrots.html"], outcomes["/birds.html"]) == ("removed", "added")
    assert crawler.website(crawler.only_source()).n_embedded == 1  # the home page


def test_a_website_that_does_not_answer_fails_with_advice_and_one_that_did_keeps_its_pages(crawler, zoo):
    source_id = crawler.add("http://127.0.0.1:9/")
    assert crawler.run(source_id) == "failed"
    source = crawler.source(source_id)
    assert (source.state, source.error_code) == ("failed", "fetch_failed")
    assert "can't be reached" in source.error_advice
    crawler.do(lambda found: setattr(found, "deleted_at", found.created_at), source_id)
    crawler.crawl(zoo.url)
    zoo.put("/", status="503 Later", Retry_After="0")
    assert crawler.crawl(zoo.url) == dict.fromkeys(ALL, "added")  # what the crawl before said
    assert crawler.state == "failed"
    source = crawler.source(crawler.only_source())
    assert (source.state, source.error_code) == ("ready", None)
    assert "status 503" in crawler.website(source.id).stop_reason
    assert crawler.documents() == ALL


def test_after_a_failed_crawl_nothing_is_read_twice(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.put("/robots.txt", status="500 Broken")
    crawler.crawl(zoo.url)
    assert crawler.state == "failed"
    zoo.take_away("/robots.txt")
    assert crawler.crawl(zoo.url) == dict.fromkeys(ALL, "unchanged")


def test_a_website_of_which_nothing_can_be_taken_says_so(crawler, site):
    site.put("/", "<html><head><meta name=robots content=noindex></head><body>Secret</body></html>")
    assert crawler.crawl(site.url) == {"/": "skipped"}
    source = crawler.source(crawler.only_source())
    assert (source.state, source.error_code) == ("failed", "empty")


def test_a_crawl_in_slices_ends_like_one_in_a_piece(crawler, zoo):
    source_id = crawler.add(zoo.url)
    slices = type(crawler.settings)(crawler.settings.manners, slice_s=0.0)
    states = []
    while not states or states[-1] == "more":
        states.append(crawler.run(source_id, slices))
        assert crawler.source(source_id).state in ("queued", "ready")
    assert states == ["more"] * 5 + ["done"]
    assert crawler.documents() == ALL
    assert zoo.asked.count("/robots.txt") == 1
    assert all(zoo.asked.count(path) == 1 for path in ALL)


def test_a_canceled_crawl_keeps_what_it_has_read(crawler, zoo):
    source_id = crawler.add(zoo.url)
    slices = type(crawler.settings)(crawler.settings.manners, slice_s=0.0)
    assert [crawler.run(source_id, slices) for _ in range(2)] == ["more", "more"]
    crawler.do(websites.cancel, source_id)
    assert crawler.run(source_id) == "done"
    assert len(crawler.documents()) == 2
    skipped = [line for line in crawler.lines(source_id).values() if line.outcome == "skipped"]
    assert len(skipped) == 3
    assert skipped[0].reason == "It was not looked at. The crawl was canceled."
    assert set(crawler.crawl(zoo.url).values()) == {"added", "unchanged"}


def test_a_crawl_ends_when_its_time_is_up_and_removes_nothing(crawler, zoo):
    crawler.crawl(zoo.url)
    source_id = crawler.add(zoo.url)
    in_no_time = type(crawler.settings)(crawler.settings.manners, crawl_s=0.0)
    assert crawler.run(source_id, in_no_time) == "done"
    assert set(crawler.outcomes(source_id).values()) <= {"unchanged", "failed"}
    assert crawler.documents() == ALL


def test_a_deleted_website_leaves_nothing_behind_for_answers(crawler, zoo):
    from app.knowledge import sources

    crawler.crawl(zoo.url)
    assert crawler.ask("When are the parrots fed?").state == "grounded"
    crawler.do(sources.delete, crawler.only_source())
    assert crawler.documents() == []
    assert crawler.ask("When are the parrots fed?").state == "refused"


def test_a_website_deleted_while_it_is_crawled_is_left_alone(crawler, zoo):
    from app.knowledge import sources

    source_id = crawler.add(zoo.url)
    slices = type(crawler.settings)(crawler.settings.manners, slice_s=0.0)
    crawler.run(source_id, slices)
    crawler.do(sources.delete, source_id)
    assert crawler.run(source_id) is None
    assert crawler.documents() == []


def test_a_preview_takes_nothing(crawler, zoo):
    from app.knowledge.crawling import previews
    from models import Chatbot

    zoo.page("/parrots.html", "Parrots", TOPICS["parrots"], ("/map.png", "/shop/../private.html"))
    zoo.put("/robots.txt", "User-agent: *\nDisallow: /private", Content_Type="text/plain")
    with inside(crawler.app):
        chatbot = db.session.get(Chatbot, crawler.chatbot_id)
        pages = previews.preview(chatbot, zoo.url, websites.Wishes(), settings=crawler.settings)
    found = {page.url.removeprefix(zoo.url): (page.outcome, page.reason) for page in pages}
    assert {path for path, (outcome, _) in found.items() if outcome == "added"} == set(ALL)
    assert found["/map.png"] == ("skipped", "It is a file of a kind that is not read.")
    assert found["/private.html"] == ("skipped", "robots.txt asks robots not to read it.")
    assert crawler.n_rows() == (0, 0, 0)


def test_a_preview_in_rows_is_followed_by_a_whole_crawl(crawler, zoo):
    source_id = crawler.add(zoo.url, is_preview=True)
    assert crawler.run(source_id) == "done"
    assert crawler.website(source_id).phase == "previewed"
    assert crawler.outcomes(source_id) == dict.fromkeys(ALL, "added")
    assert crawler.documents() == []
    crawler.do(websites.refresh, source_id)
    assert crawler.run(source_id) == "done"
    assert crawler.documents() == ALL
