"""What robots.txt says is kept to; what can't be read forbids everything."""

from __future__ import annotations

import pytest

from app.knowledge.crawling.robots import Robots, read_robots
from app.net import Fetched, FetchError

TEXT = """
User-agent: *
Disallow: /private
Allow: /private/open
Disallow: /*.php$
Crawl-delay: 2.5
Sitemap: https://h.example/map.xml

User-agent: DocentBot
Disallow: /not-for-docent
Crawl-delay: 700
"""


def test_wildcards_and_the_longest_rule_count():
    robots = Robots(TEXT.replace("DocentBot", "OtherBot"))
    assert not robots.allows("https://h.example/private/x")
    assert robots.allows("https://h.example/private/open")
    assert not robots.allows("https://h.example/a/b.php")
    assert robots.allows("https://h.example/a/b.php5")
    assert robots.delay_s == 2.5
    assert robots.sitemaps == ["https://h.example/map.xml"]


def test_rules_for_our_name_go_before_those_for_all():
    robots = Robots(TEXT)
    assert robots.allows("https://h.example/private/x")
    assert not robots.allows("https://h.example/not-for-docent")
    assert robots.delay_s == 60  # a minute at most


@pytest.mark.parametrize(
    "text", ["", "<html>not found</html>", "Disallow", "\ufeffUser-agent: *\nAllow: /", "Crawl-delay: x"]
)
def test_what_says_nothing_allows_everything(text):
    robots = Robots(text)
    assert robots.allows("https://h.example/x")
    assert robots.delay_s == 0


@pytest.mark.parametrize("status", [404, 410, 401, 403])
def test_a_website_without_one_may_be_read(status):
    assert read_robots(lambda url: Fetched(url, status, {}), "https://h.example/a/b").allows("https://h.example/a/b")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_that_can_not_be_read_now_forbids_everything(status):
    with pytest.raises(FetchError, match=f"status {status}"):
        read_robots(lambda url: Fetched(url, status, {}), "https://h.example/")


def test_one_out_of_reach_forbids_everything():
    def fetch(url):
        assert url == "https://h.example/robots.txt"
        raise FetchError("timeout", "h.example took too long to answer.")

    with pytest.raises(FetchError, match=r"robots.txt can't be read") as caught:
        read_robots(fetch, "https://h.example/a/b?c")
    assert caught.value.kind == "timeout"
