"""What a page says of itself is heard: links, canonical address, redirects by markup, wishes to robots."""

from __future__ import annotations

import time

import pytest

from app.knowledge.crawling.markup import look

PAGE = "https://h.example/docs/a.html"
LONG = "<p>" + "All about the animals of the lake. " * 20 + "</p>"


def see(html: str | bytes, **headers: str):
    return look(
        html.encode() if isinstance(html, str) else html, PAGE, {k.replace("_", "-"): v for k, v in headers.items()}
    )


def test_links_are_clean_in_order_and_each_once():
    html = (
        '<a href="b.html#x">b</a><a href="#top">top</a><a href="mailto:a@h.example">m</a><map><area href="/c"></map>'
        '<a href="b.html">b</a><a rel="nofollow" href="/d">d</a><a>none</a><a href="https://other.example/">o</a>'
    )
    assert see(html).links == ("https://h.example/docs/b.html", "https://h.example/c", "https://other.example/")


def test_the_base_element_moves_links():
    assert see('<base href="/shop/"><a href="x">x</a>').links == ("https://h.example/shop/x",)
    assert see('<base href="javascript:x"><a href="x">x</a>').links == ("https://h.example/docs/x",)


def test_the_canonical_address_is_seen():
    assert see('<link rel="canonical" href="/docs/b.html?utm_source=x">').canonical == "https://h.example/docs/b.html"
    assert see('<link rel="stylesheet" href="x.css">').canonical == ""


@pytest.mark.parametrize(
    "html",
    [
        '<meta http-equiv="refresh" content="0;URL=/new.html" />' + LONG,
        "<meta http-equiv=Refresh content=\"5; url='/new.html'\">",
        '<meta http-equiv="refresh" content="0, /new.html">',
        '<title>Redirecting</title><p>This page has moved <a href="/new.html">here</a>.</p>',
        '<p>Diese Seite ist umgezogen: <a href="/new.html">weiter</a></p>',
        '<script>window.location.replace("/new.html")</script><p>One moment</p>',
        "<script>location.href = '/new.html';</script>",
    ],
)
def test_a_page_that_only_leads_on_says_where(html):
    assert see(html).sends_to == "https://h.example/new.html"


@pytest.mark.parametrize(
    "html",
    [
        '<meta http-equiv="refresh" content="300">' + LONG,
        '<meta http-equiv="refresh" content="600; url=/login">' + LONG,
        '<p>The bakery has moved to the market.</p><a href="/1">1</a><a href="/2">2</a>',
        '<p>The parrots moved. <a href="/new.html">more</a></p>' + LONG,
        '<script>if (x) location.href = "/login";</script>' + LONG,
        '<meta http-equiv="refresh" content="0; url=javascript:alert(1)">',
    ],
)
def test_a_page_of_its_own_leads_nowhere(html):
    assert see(html).sends_to == ""


@pytest.mark.parametrize(
    ("html", "headers", "wishes"),
    [
        ('<meta name="robots" content="noindex">', {}, (True, False)),
        ('<meta name="ROBOTS" content="NOINDEX, NOFOLLOW">', {}, (True, True)),
        ('<meta name="robots" content="none">', {}, (True, True)),
        ('<meta name="docentbot" content="nofollow">', {}, (False, True)),
        ('<meta name="googlebot" content="noindex">', {}, (False, False)),
        ("", {"X_Robots_Tag": "noindex, nofollow"}, (True, True)),
        ("", {"X_Robots_Tag": "DocentBot: noindex"}, (True, False)),
        ("", {"X_Robots_Tag": "googlebot: noindex"}, (False, False)),
        ("", {"X_Robots_Tag": "max-snippet: 10, index"}, (False, False)),
    ],
)
def test_wishes_to_robots_are_heard(html, headers, wishes):
    looks = see(html + LONG, **headers)
    assert (looks.is_noindex, looks.is_nofollow) == wishes


@pytest.mark.parametrize(
    "html",
    [b"", b"\0", b"\xff\xfe", b"<", b"<!-->", "<p>ä".encode("utf-16"), b"<?xml version='1.0' encoding='nope'?><a>"],
)
def test_what_is_no_page_says_nothing(html):
    assert see(html, Content_Type="text/html; charset=nonsense").links == ()


def test_hostile_pages_take_no_time():
    start = time.monotonic()
    see("<div>" * 200_000)
    see("<a href='" + "a/" * 50_000 + "'>")
    see("".join(f"<a href='/{n}'>x</a>" for n in range(100_000)))
    see("<script>" + "location = '" * 100_000 + "</script>")
    see('<meta http-equiv="refresh" content="' + "0" * 500_000 + '">')
    assert time.monotonic() - start < 20
