"""Sitemaps of every form are read, within limits; hostile ones come to nothing."""

from __future__ import annotations

import gzip
import time

import pytest

from app.knowledge.crawling import sitemaps
from app.knowledge.crawling.sitemaps import gather, read_sitemap
from app.net import FetchError
from tests.waiting import SOON_S

XML = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc> https://h.example/a?x=1&amp;y=2 </loc><image:image><image:loc>https://h.example/i.png</image:loc></image:image></url>
  <url><loc><![CDATA[https://h.example/b]]></loc><lastmod>2026-01-01</lastmod></url>
</urlset>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <sitemap><loc>https://h.example/one.xml</loc></sitemap><sitemap><loc>https://h.example/two.xml.gz</loc></sitemap>
</sitemapindex>"""


@pytest.mark.parametrize(
    "body",
    [XML.encode(), b"\xef\xbb\xbf" + XML.encode(), gzip.compress(XML.encode()), b"\n " + XML[39:].encode()],
    ids=["xml", "mark", "gzip", "no declaration"],
)  # fmt: skip
def test_pages_are_listed_and_pictures_are_not(body):
    assert read_sitemap(body).pages == ("https://h.example/a?x=1&y=2", "https://h.example/b")


def test_without_a_namespace_and_as_text_it_is_read_too():
    assert read_sitemap(b"<urlset><url><loc>https://h.example/a</loc></url></urlset>").pages == ("https://h.example/a",)
    assert read_sitemap(b"https://h.example/a\r\nhttps://h.example/b\nnothing\n").pages == (
        "https://h.example/a",
        "https://h.example/b",
    )


def test_an_index_lists_sitemaps():
    assert read_sitemap(INDEX.encode()).sitemaps == ("https://h.example/one.xml", "https://h.example/two.xml.gz")


@pytest.mark.parametrize(
    "body", [b"", b"<", b"<html><body>404</body></html>", b"\x1f\x8bbroken", b"\0\1\2", b"{}", b"<?xml"]
)
def test_what_is_none_lists_nothing(body):
    assert read_sitemap(body) == sitemaps.Sitemap()


def test_what_came_before_the_damage_counts():
    assert read_sitemap(XML.encode()[:300]).pages[:1] == ("https://h.example/a?x=1&y=2",)


def test_no_entity_is_expanded(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://h.example/secret")
    bomb = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    text = (
        f'<!DOCTYPE urlset [<!ENTITY a0 "https://h.example/">{bomb}<!ENTITY x SYSTEM "file://{secret}">]>'
        "<urlset><url><loc>&a9;</loc></url><url><loc>&x;</loc></url><url><loc>https://h.example/z</loc></url></urlset>"
    )
    start = time.monotonic()
    assert set(read_sitemap(text.encode()).pages) <= {"https://h.example/z"}
    assert time.monotonic() - start < SOON_S


def test_a_packed_bomb_is_cut():
    body = gzip.compress(b"<urlset>" + b" " * (3 * sitemaps.MAX_BYTES))
    start = time.monotonic()
    assert read_sitemap(body).pages == ()
    assert time.monotonic() - start < SOON_S


def test_the_number_of_pages_has_an_end(monkeypatch):
    monkeypatch.setattr(sitemaps, "MAX_PAGES", 10)
    body = "".join(f"<url><loc>https://h.example/{n}</loc></url>" for n in range(50))
    assert len(read_sitemap(f"<urlset>{body}</urlset>".encode()).pages) == 10


def test_sitemaps_are_followed_once_and_not_for_ever():
    asked = []

    def fetch(address):
        asked.append(address)
        if "missing" in address:
            raise FetchError("fetch_failed", "not there")
        further = f"<sitemap><loc>{address}x</loc></sitemap><sitemap><loc>https://h.example/missing</loc></sitemap>"
        return f"<sitemapindex><sitemap><loc>{address}</loc></sitemap>{further}</sitemapindex>".encode()

    assert list(gather(fetch, ["https://h.example/m", "https://other.example/m"], lambda a: "h.example" in a)) == []
    assert asked == [
        "https://h.example/m",
        "https://h.example/mx",
        "https://h.example/missing",
        "https://h.example/mxx",
    ]
