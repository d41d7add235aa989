"""One form for each address, and which of them belong to a website."""

from __future__ import annotations

import pytest

from app.knowledge.crawling.site import Patterns, Site, clean_url


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("http://Example.com:80/a/../b/./c?utm_source=x&b=2&a=1#top", "http://example.com/b/c?a=1&b=2"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com?x=1", "https://example.com/?x=1"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com./a b", "https://example.com/a%20b"),
        ("https://example.com/\tver\ny/", "https://example.com/very/"),
        ("https://example.com/ä?q=ü", "https://example.com/%C3%A4?q=%C3%BC"),
        ("https://example.com/wiki?StartPage", "https://example.com/wiki?StartPage"),
        ("https://example.com/a;jsessionid=12AB?x=1", "https://example.com/a?x=1"),
        ("https://example.com:8443/a", "https://example.com:8443/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a"),
    ],
)
def test_every_address_has_one_form(typed, clean):
    assert clean_url(typed) == clean
    assert clean_url(clean) == clean


@pytest.mark.parametrize(
    "typed",
    [
        "mailto:ada@example.com", "javascript:void(0)", "tel:+49", "data:text/html,x", "ftp://example.com/", "https://",
        "http://user@example.com/", "https://exa mple.com/", "//[", "https://example.com/" + "a" * 3000, "file:///etc/passwd",
    ],
)  # fmt: skip
def test_what_is_no_page_has_none(typed):
    assert clean_url(typed) is None


def test_links_are_read_as_seen_from_their_page():
    assert clean_url("../b.html?x=1#y", "https://example.com/docs/a/") == "https://example.com/docs/b.html?x=1"
    assert clean_url("//example.org/x", "https://example.com/") == "https://example.org/x"


@pytest.mark.parametrize(
    ("start", "inside", "outside"),
    [
        ("https://h.example/", "/anything", None),
        ("https://h.example/docs", "/docs/a", "/docs-old"),
        ("https://h.example/docs/", "/docs/a/b", "/blog"),
        ("https://h.example/docs/intro.html", "/docs/more.html", "/index.html"),
        ("https://h.example/index.html", "/other.html", None),
    ],
)
def test_a_website_is_one_host_below_one_path(start, inside, outside):
    site = Site(start, start)
    assert site.holds("https://h.example" + inside)
    assert not site.holds("https://other.example" + inside)
    assert not site.holds("https://h.example.evil.example" + inside)
    if outside:
        assert not site.holds("https://h.example" + outside)
        assert "not below" in site.refusal("https://h.example" + outside)


def test_where_the_start_leads_moves_the_website_only_if_it_leads_elsewhere():
    assert Site("https://h.example/", "https://h.example/en/").prefix == "/"
    assert Site("https://h.example/docs", "https://h.example/docs/").prefix == "/docs/"
    assert Site("https://h.example/", "https://www.h.example/en/").prefix == "/en/"
    assert Site("https://h.example/", "https://www.h.example/").origin == "https://www.h.example"


def test_http_and_https_of_one_host_are_one_website():
    site = Site("https://h.example/", "https://h.example/")
    assert site.own_form("http://h.example/a") == "https://h.example/a"
    assert site.own_form("https://h.example/a") == "https://h.example/a"
    assert site.own_form("https://h.example.org/a") is None
    assert site.own_form("https://h.example:8443/a") is None
    assert site.own_form("") is None


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("/docs/", "/docs/a.html", "/blog/docs/"),
        ("/docs/*", "/docs/a/b", "/doc"),
        ("/docs/.*", "/docs/a", "/blog"),
        ("*/print/", "/a/print/b", "/printed"),
        ("/*.html$", "/a.html", "/a.html?x"),
        ("draft", "/a/draft-1", "/a"),
        ("https://h.example/docs/", "/docs/x", "/x"),
        ("^/a", "/ab", "/ba"),
        ("/a?page=", "/a?page=2", "/a"),
    ],
)
def test_patterns_are_paths_as_in_robots_txt(pattern, matching, other):
    assert Patterns((pattern,)).match(matching)
    assert not Patterns((pattern,)).match(other)


def test_a_pattern_of_many_stars_takes_no_time():
    assert not Patterns(("*a" * 50 + "b",)).match("/" + "a" * 1500)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/a/b/a/b/a/b/a/b", "round in circles"),
        ("/photo.JPG", "kind that is not read"),
        ("/404.html", "error page"),
        ("/private/x", "to exclude"),
        ("/other/x", "no pattern to include"),
    ],
)
def test_a_refusal_says_why(path, words):
    site = Site(
        "https://h.example/", "https://h.example/", include=("/a", "/private", "/p", "/404"), exclude=("/private",)
    )
    assert words in site.refusal("https://h.example" + path)


def test_the_home_page_is_always_asked_for_and_depth_has_an_end():
    site = Site("https://h.example/", "https://h.example/", include=("/docs/",), max_depth=3)
    assert site.refusal("https://h.example/") == ""
    assert site.refusal("https://h.example/docs/a", 3) == ""
    assert "3 clicks" in site.refusal("https://h.example/docs/a", 4)
