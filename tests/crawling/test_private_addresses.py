"""Whatever a website says, nothing is asked of a private address: a canary listener hears no connection."""

from __future__ import annotations

import pytest

from app.net import Fetcher, FetchSettings
from tests.app.webserver import say, serving
from tests.crawling.fakesite import FakeSite, Site, plant_zoo
from tests.waiting import PATIENCE_S

FORMS = [
    "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::1]:{port}/", "http://[::ffff:127.0.0.1]:{port}/",
    "http://2130706433:{port}/", "http://0x7f000001:{port}/", "http://0177.0.0.1:{port}/", "http://127.1:{port}/",
    "http://0:{port}/", "http://home.example:{port}/", "http://home.example.:{port}/", "//127.0.0.1:{port}/",
    "http://zoo.example@127.0.0.1:{port}/", "http://127.0.0.1:{port}\\@zoo.example/", "http://１２７.0.0.1:{port}/",
]  # fmt: skip


@pytest.fixture
def canary():
    with serving(lambda conn, _path, _headers: say(conn, "200 OK", b"<p>inside</p>")) as listener:
        yield listener


@pytest.fixture
def public(app, crawler):
    """A website that the fetcher believes to be public: zoo.example, on loopback's second address."""
    site = FakeSite(Site(0))
    with serving(site.answer, host="127.0.0.2") as site.server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.net.addresses.is_public", lambda address: address == "127.0.0.2")
        patch.setattr("app.net.fetcher.require_port", lambda _target, _ports: None)
        homes = {"zoo.example": ["127.0.0.2"], "home.example": ["127.0.0.1"], "localhost": ["127.0.0.1", "::1"]}
        app.extensions["docent"].fetcher = Fetcher(
            FetchSettings(timeout_s=PATIENCE_S), resolve=lambda host, _port: homes.get(host, [host])
        )
        yield site


def zoo_url(site: FakeSite) -> str:
    return f"http://zoo.example:{site.server.port}"


@pytest.mark.parametrize("form", FORMS)
def test_links_sitemaps_redirects_and_canonicals_reach_nobody(crawler, public, canary, form):
    private = form.format(port=canary.port)
    plant_zoo(public)
    public.put(
        "/robots.txt", f"User-agent: *\nSitemap: {private}map.xml\nSitemap: /sitemap.xml", Content_Type="text/plain"
    )
    pages = f"<url><loc>{private}</loc></url><url><loc>{zoo_url(public)}/stub.html</loc></url>"
    pages += "".join(f"<url><loc>{zoo_url(public)}/{name}</loc></url>" for name in ("there", "own.html", "base.html"))
    public.put("/sitemap.xml", f"<sitemapindex><sitemap><loc>{private}</loc></sitemap>{pages}</sitemapindex>")
    public.put("/there", status="302 Found", Location=private)
    public.put("/stub.html", f'<meta http-equiv="refresh" content="0; url={private}">')
    public.page(
        "/own.html", "Own", "The otters are fed at noon.", (private,), head=f'<link rel="canonical" href="{private}">'
    )
    public.page("/base.html", "Base", "The foxes sleep at noon.", ("x.html",), head=f'<base href="{private}">')
    public.put("/robots.txt", f"Sitemap: {private}\nSitemap: {zoo_url(public)}/sitemap.xml", Content_Type="text/plain")
    outcomes = crawler.crawl(zoo_url(public))
    assert outcomes["/parrots.html"] == "added"
    assert public.asked.count("/sitemap.xml") == 1
    assert canary.connections == 0


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
@pytest.mark.parametrize("path", ["/", "/robots.txt", "/sitemap.xml"])
def test_where_the_first_requests_are_sent_on_to_reaches_nobody(crawler, public, canary, path, status):
    plant_zoo(public)
    public.put(path, status=f"{status} There", Location=f"http://127.0.0.1:{canary.port}/")
    crawler.crawl(zoo_url(public))
    assert canary.connections == 0
    assert crawler.state == ("done" if path == "/sitemap.xml" else "failed")


def test_a_private_start_is_refused_with_advice(crawler, public, canary):
    crawler.crawl(f"http://127.0.0.1:{canary.port}/")
    source = crawler.source(crawler.only_source())
    assert source.error_code == "blocked_address"
    assert "not on the public internet" in source.error_advice
    assert canary.connections == 0
