"""Which pages a crawl leaves out, and that it says why; which it takes out again, and which never."""

from __future__ import annotations

import gzip
import time

import pytest

from app.knowledge.crawling import crawl as crawling
from app.knowledge.crawling import manners, websites
from app.knowledge.crawling.crawl import CrawlSettings
from app.knowledge.crawling.manners import Manners
from tests.app.webserver import say, serving
from tests.crawling.fakesite import TOPICS

PIE = "Apple pie is served in the lake house from two in the afternoon until the last piece is gone."


def reasons(crawler) -> dict[str, str]:
    return {path: line.reason for path, line in crawler.lines(crawler.only_source()).items() if line.reason}


def test_what_robots_txt_forbids_is_not_asked_for(crawler, zoo):
    zoo.put("/robots.txt", "User-agent: *\nDisallow: /rabbits", Content_Type="text/plain")
    assert crawler.crawl(zoo.url)["/rabbits.html"] == "skipped"
    assert reasons(crawler) == {"/rabbits.html": "robots.txt asks robots not to read it."}
    assert zoo.asked[0] == "/robots.txt"
    assert "/rabbits.html" not in zoo.asked


def test_a_home_page_that_robots_txt_forbids_is_not_asked_for(crawler, zoo):
    zoo.put("/robots.txt", "User-agent: docentbot\nDisallow: /", Content_Type="text/plain")
    crawler.crawl(zoo.url)
    assert crawler.source(crawler.only_source()).error_code == "blocked_by_robots"
    assert zoo.asked == ["/robots.txt"]


def test_pages_that_ask_not_to_be_indexed_are_left_and_their_links_followed(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/hidden.html",))
    site.page(
        "/hidden.html",
        "Hidden",
        "For robots this is nothing.",
        ("/pie.html",),
        head="<meta name=robots content=noindex>",
    )
    site.page("/pie.html", "Pie", PIE)
    assert crawler.crawl(site.url) == {"/": "added", "/hidden.html": "skipped", "/pie.html": "added"}
    assert reasons(crawler) == {"/hidden.html": "The page asks robots not to index it."}


def test_redirects_of_every_kind_are_no_documents(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/moved", "/refresh.html", "/words.html", "/away", "/loop1"))
    site.put("/moved", status="308 Moved", Location="/pie.html#slice")
    site.put(
        "/refresh.html", '<meta http-equiv="refresh" content="0; url=/pie.html"><link rel="canonical" href="/pie.html">'
    )
    site.put("/words.html", '<title>Moved</title><p>This page has moved to <a href="/pie.html">pies</a>.</p>')
    site.put("/away", status="302 Found", Location="https://elsewhere.example/x")
    site.put("/loop1", status="302 Found", Location="/loop2")
    site.put("/loop2", status="302 Found", Location="/loop1")
    site.page("/pie.html", "Pie", PIE)
    crawler.crawl(site.url)
    assert crawler.documents() == ["/", "/pie.html"]
    told = reasons(crawler)
    for path in ("/moved", "/refresh.html", "/words.html"):
        assert told[path] == f"It sends its visitors on to {site.url}/pie.html."
    assert told["/away"] == "It sends its visitors on to https://elsewhere.example/x, which is outside of this website."
    assert told["/loop1"].endswith("/loop2.")
    assert site.asked.count("/loop1") == 1


def test_pages_that_say_the_same_are_one_document(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/pie.html", "/print/pie.html"))
    site.page("/pie.html", "Pie", PIE, ("/",))
    site.page("/print/pie.html", "Pie", PIE, ("/",))
    assert crawler.crawl(site.url)["/print/pie.html"] == "skipped"
    assert reasons(crawler) == {"/print/pie.html": f"It says the same as {site.url}/pie.html."}
    assert crawler.crawl(site.url) == {"/": "unchanged", "/pie.html": "unchanged", "/print/pie.html": "skipped"}
    site.take_away("/pie.html")  # its twin comes into its own once it is gone, though it is "not modified"
    crawler.crawl(site.url)
    crawler.state = crawler.run(crawler.add(site.url))
    crawler.do(websites.consent, crawler.only_source())
    crawler.run(crawler.only_source())
    assert crawler.documents() == ["/", "/print/pie.html"]


def test_a_page_that_names_another_address_as_its_own_is_no_document(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/pie.html?from=home",))
    site.page("/pie.html?from=home", "Pie", PIE + " Ask at home.", head='<link rel="canonical" href="{home}/pie.html">')
    site.page("/pie.html", "Pie", PIE, head='<link rel="canonical" href="/pie.html">')
    assert crawler.crawl(site.url) == {"/": "added", "/pie.html": "added", "/pie.html?from=home": "skipped"}
    assert reasons(crawler)["/pie.html?from=home"] == f"It names {site.url}/pie.html as its own address."


@pytest.mark.parametrize("canonical", ["/nowhere.html", "https://elsewhere.example/pie.html", "/secret.html", "//["])
def test_a_canonical_address_that_leads_nowhere_counts_for_nothing(crawler, site, canonical):
    site.put("/robots.txt", "User-agent: *\nDisallow: /secret", Content_Type="text/plain")
    site.page("/", "Pie", PIE, head=f'<link rel="canonical" href="{canonical}">')
    assert crawler.crawl(site.url)["/"] == "added"
    assert crawler.documents() == ["/"]


def test_pages_that_name_each_other_are_taken_once(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/a.html",))
    site.page("/a.html", "Pie", PIE, head='<link rel="canonical" href="/b.html">')
    site.page("/b.html", "Pie", PIE + " Every day.", head='<link rel="canonical" href="/a.html">')
    crawler.crawl(site.url)
    assert len(crawler.documents()) == 2
    assert "/" in crawler.documents()


def test_what_is_no_page_is_left_by_type_and_pdfs_are_read(crawler, site):
    import pymupdf

    paper = pymupdf.open()
    paper.new_page().insert_text((72, 72), "The lake is eleven meters deep at the mill.")
    site.page("/", "Home", "Welcome to the lake house.", ("/app.js", "/empty.html", "/depth.pdf", "/photo.png"))
    site.put("/app.js", "alert(1)", Content_Type="text/javascript")
    site.put("/empty.html", "<html><body></body></html>")
    site.put("/depth.pdf", paper.tobytes(), Content_Type="application/pdf")
    outcomes = crawler.crawl(site.url)
    assert outcomes["/depth.pdf"] == "added"
    told = reasons(crawler)
    assert told["/app.js"] == "It is of a kind that is not read (text/javascript)."
    assert "nothing in it" in told["/empty.html"]
    assert "/photo.png" not in site.asked
    answer = crawler.ask("How deep is the lake at the mill?")
    assert (answer.citations[0].url, answer.citations[0].locator) == (f"{site.url}/depth.pdf", {"page": 1})


def test_include_exclude_and_the_limit_of_pages(crawler, site):
    paths = [f"/docs/{n}.html" for n in range(6)]
    site.page("/", "Home", "Welcome to the lake house.", (*paths, "/docs/private/x.html", "/blog/1.html"))
    for path in (*paths, "/docs/private/x.html", "/blog/1.html"):
        site.page(path, path, f"This is page {path}, and it is about number {path}.")
    outcomes = crawler.crawl(site.url, include=("/docs/",), exclude=("*/private/",), max_pages=4)
    assert [path for path, outcome in outcomes.items() if outcome == "added"] == paths[:4]
    told = reasons(crawler)
    assert told["/"] == "It matches no pattern to include."
    assert told["/docs/private/x.html"] == "It matches a pattern to exclude."
    assert told["/docs/5.html"] == "It is beyond the limit of 4 pages."
    assert "/docs/5.html" not in site.asked
    assert "/blog/1.html" not in site.asked


def test_only_what_is_below_the_start_is_taken(crawler, site):
    site.page(
        "/docs/", "Docs", "All about the lake house.", ("/blog/", "/docs/pie.html", "https://elsewhere.example/docs/")
    )
    site.page("/docs/pie.html", "Pie", PIE)
    site.put("/docs", status="301 Moved", Location="/docs/")
    assert crawler.crawl(site.url + "/docs") == {"/docs/": "added", "/blog/": "skipped", "/docs/pie.html": "added"}
    assert reasons(crawler) == {"/blog/": "It is not below /docs/, where the website begins."}


def test_sitemaps_lead_to_pages_that_no_link_does(crawler, zoo):
    zoo.page("/pie.html", "Pie", PIE)
    zoo.page("/news.html", "News", "The new bridge over the brook was opened by the mayor in June.")
    pages = "".join(f"<url><loc>{zoo.url}{path}</loc></url>" for path in ("/pie.html", "/parrots.html", "/404.html"))
    zoo.put("/sitemap.xml", f"<sitemapindex><sitemap><loc>{zoo.url}/two.xml.gz</loc></sitemap></sitemapindex>")
    zoo.put("/two.xml.gz", gzip.compress(f"<urlset>{pages}</urlset>".encode()), Content_Type="application/gzip")
    outcomes = crawler.crawl(zoo.url)
    assert (outcomes["/pie.html"], outcomes["/404.html"]) == ("added", "skipped")
    assert "/news.html" not in outcomes


def test_a_sitemap_as_start_lists_all_there_is(crawler, zoo):
    pages = "".join(f"<url><loc>{zoo.url}/{topic}.html</loc></url>" for topic in ("parrots", "rabbits"))
    zoo.put("/sitemap.xml", f"<urlset>{pages}</urlset>", Content_Type="application/xml")
    crawler.crawl(zoo.url + "/sitemap.xml")
    assert crawler.documents() == ["/parrots.html", "/rabbits.html"]


def test_an_address_is_removed_when_it_is_missing_twice(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.take_away("/parrots.html")
    assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
    assert "If it does so again, it is removed" in reasons(crawler)["/parrots.html"]
    assert crawler.ask("When are the parrots fed?").state == "grounded"
    assert crawler.crawl(zoo.url)["/parrots.html"] == "removed"
    assert "/parrots.html" not in crawler.documents()
    assert crawler.ask("When are the parrots fed?").state == "refused"
    assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
    zoo.page("/parrots.html", "Parrots", TOPICS["parrots"])
    assert crawler.crawl(zoo.url)["/parrots.html"] == "added"


def test_a_page_that_comes_to_say_what_another_one_says_leaves_one_document(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.page("/parrots.html", "Tickets", TOPICS["tickets"], ("/",))
    outcomes = crawler.crawl(zoo.url)
    assert sorted([outcomes["/parrots.html"], outcomes["/tickets.html"]]) in (
        ["changed", "removed"],
        ["removed", "unchanged"],
    )
    assert len(crawler.documents()) == 4


def test_an_address_that_is_never_there_is_forgotten(crawler, zoo):
    zoo.page("/parking.html", "Parking", TOPICS["parking"], ("/", "/typo.html"))
    for _ in range(4):
        assert crawler.crawl(zoo.url)["/typo.html"] == "failed"
    assert "/typo.html" not in crawler.crawl(zoo.url)


def test_missing_once_and_there_again_counts_anew(crawler, zoo):
    crawler.crawl(zoo.url)
    for _ in range(3):
        zoo.take_away("/parrots.html")
        assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
        zoo.page("/parrots.html", "Parrots", TOPICS["parrots"], ("/",))
        assert crawler.crawl(zoo.url)["/parrots.html"] == "unchanged"


@pytest.mark.parametrize("status", ["500 Broken", "502 Bad", "503 Later", "403 No", "401 No", "429 Slow", "418 Tea"])
def test_no_other_status_ever_removes_a_page(crawler, zoo, status):
    crawler.crawl(zoo.url)
    zoo.put("/parrots.html", status=status, Retry_After="0")
    for _ in range(3):
        assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
    assert f"status {status[:3]}" in reasons(crawler)["/parrots.html"]
    assert "/parrots.html" in crawler.documents()


def test_a_page_too_slow_or_too_large_is_kept(crawler, zoo, monkeypatch):
    crawler.crawl(zoo.url)
    zoo.page("/parrots.html", "Parrots", "x" * 3000)
    small = crawling.Limits(100, max_page_bytes=2000)
    monkeypatch.setattr(crawling, "Limits", lambda _n: small)
    assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
    assert "larger than" in reasons(crawler)["/parrots.html"]
    assert "/parrots.html" in crawler.documents()


def test_a_crawl_that_would_drop_more_than_30_percent_waits_for_a_yes(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.page("/", "The zoo", "Welcome to the zoo, now under new management.")
    zoo.take_away("/parrots.html", "/rabbits.html")
    crawler.crawl(zoo.url)
    assert crawler.state == "done"
    zoo.page("/", "The zoo", "Welcome to the zoo, now under the newest management.")
    outcomes = crawler.crawl(zoo.url)
    assert crawler.state == "waiting"
    assert (outcomes["/parrots.html"], outcomes["/"]) == ("removed", "changed")
    assert len(crawler.documents()) == 5
    assert "newest" not in crawler.ask("Who runs the zoo now? Which management?").text  # nothing of it was taken
    source_id = crawler.only_source()
    assert crawler.website(source_id).phase == "awaiting_consent"
    crawler.do(websites.consent, source_id)
    assert crawler.run(source_id) == "done"
    assert crawler.documents() == ["/", "/parking.html", "/tickets.html"]
    assert crawler.lines(source_id)["/"].outcome == "changed"


def test_a_no_keeps_the_pages_and_the_next_crawl_asks_again(crawler, zoo):
    crawler.crawl(zoo.url)
    zoo.take_away("/parrots.html", "/rabbits.html")
    crawler.crawl(zoo.url)
    crawler.crawl(zoo.url)
    crawler.do(websites.decline, crawler.only_source())
    assert crawler.website(crawler.only_source()).phase == "due"
    assert len(crawler.documents()) == 5
    crawler.crawl(zoo.url)
    assert crawler.state == "waiting"


def test_retry_after_is_waited_for_and_the_page_taken(crawler, zoo):
    zoo.put("/parrots.html", status="503 Later", times=1, Retry_After="1")
    zoo.put("/rabbits.html", status="429 Slow down", times=2, Retry_After="0")
    start = time.monotonic()
    assert set(crawler.crawl(zoo.url).values()) == {"added"}
    assert time.monotonic() - start >= 1
    assert (zoo.asked.count("/parrots.html"), zoo.asked.count("/rabbits.html")) == (2, 3)


def test_a_website_that_asks_for_too_much_patience_is_not_waited_for(crawler, zoo):
    zoo.put("/parrots.html", status="503 Later", Retry_After="3600")
    assert crawler.crawl(zoo.url)["/parrots.html"] == "failed"
    assert zoo.asked.count("/parrots.html") == 1


def test_a_website_that_has_gone_down_is_left_in_peace(crawler, site, monkeypatch):
    monkeypatch.setattr(manners, "MAX_TROUBLES", 5)
    paths = tuple(f"/{n}.html" for n in range(20))
    site.page("/", "Home", "Welcome to the lake house.", paths)
    for path in paths:
        site.put(path, status="500 Broken")
    outcomes = crawler.crawl(site.url)
    assert (outcomes["/3.html"], outcomes["/19.html"]) == ("failed", "skipped")
    assert "did not answer 5 times in a row" in reasons(crawler)["/19.html"]
    assert len([path for path in site.asked if path in paths]) == 5


def test_requests_are_apart_and_crawl_delay_makes_it_longer(crawler, site):
    site.page("/", "Home", "Welcome to the lake house.", ("/pie.html",))
    site.page("/pie.html", "Pie", PIE)
    crawler.settings = CrawlSettings(Manners(pace_s=0.15))
    crawler.crawl(site.url)
    assert min(b - a for a, b in zip(site.stamps, site.stamps[1:], strict=False)) >= 0.14
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.4", Content_Type="text/plain")
    site.forget()
    crawler.crawl(site.url)
    assert min(b - a for a, b in zip(site.stamps[1:], site.stamps[2:], strict=False)) >= 0.39


def test_calendars_and_other_traps_come_to_an_end(crawler):
    """A website that makes up new links for ever."""

    def answer(conn, path, headers):
        if path in ("/robots.txt", "/sitemap.xml"):
            say(conn, "404 Not Found")
            return
        n = int(path.rpartition("=")[2] or 0) if "=" in path else 0
        text = f"<title>Day {n}</title><p>On day {n} nothing happens at all, as on every day.</p>"
        links = f'<a href="/?day={n + 1}">next</a><a href="/x{path}">deeper</a>' + "".join(
            f'<a href="/?day={10 * n + m}">{m}</a>' for m in range(50)
        )
        say(conn, "200 OK", (text + links).encode(), Content_Type="text/html")

    with serving(answer) as trap:
        outcomes = crawler.crawl(trap.url, max_pages=10)
        assert len(crawler.documents()) == 10
        assert len(trap.asked) < 600
        assert len(outcomes) <= 10 * 10 + 2000
