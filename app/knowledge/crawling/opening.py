"""The first requests of a crawl: robots.txt, the home page wherever the start address leads, and the sitemaps."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from app.knowledge.crawling import robots as robots_txt
from app.knowledge.crawling import sitemaps
from app.knowledge.crawling.ledger import Page
from app.knowledge.crawling.manners import PoliteFetcher
from app.knowledge.crawling.robots import Robots
from app.knowledge.crawling.site import Site, clean_url
from app.languages import in_english
from app.net import Fetched, FetchError

MAX_REDIRECTS = 5
_FOUND = (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED)


@dataclass(frozen=True)
class Home:
    """Where a start address leads, what robots.txt there asks, and what the page was answered with."""

    url: str
    robots: Robots
    page: Fetched


def find_home(fetcher: PoliteFetcher, start: str, max_bytes: int, known: dict[str, Page]) -> Home:
    """Follow a start address to the page where the website begins, asking each host's robots.txt first.

    Raises:
        FetchError: there is none, or its robots.txt asks robots not to read it.
    """
    url = start
    robots = _read_robots(fetcher, url)
    for _ in range(MAX_REDIRECTS + 1):
        if not robots.allows(url):
            raise FetchError(
                "blocked_by_robots",
                in_english(
                    "robots.txt of %(netloc)s asks robots not to read %(url)s.", netloc=urlsplit(url).netloc, url=url
                ),
            )
        page = known.get(url, Page(url))
        etag, last_modified = (page.etag, page.last_modified) if page.taken else (None, None)
        got = fetcher.ask(url, max_bytes, etag=etag, last_modified=last_modified)
        if got.location is None:
            break
        before, url = url, clean_url(got.location) or url
        if urlsplit(url).netloc != urlsplit(before).netloc:
            robots = _read_robots(fetcher, url)
    if got.status not in _FOUND or got.location is not None:
        raise FetchError(
            "fetch_failed",
            in_english("%(url)s was answered with status %(status)s. Check the address.", url=url, status=got.status),
        )
    return Home(url, robots, got)


def _read_robots(fetcher: PoliteFetcher, url: str) -> Robots:
    robots = robots_txt.read_robots(lambda place: fetcher.ask(place, robots_txt.MAX_BYTES, follow=True), url)
    fetcher.slow_down(robots.delay_s)
    return robots


def first_pages(fetcher: PoliteFetcher, site: Site, home: Home, known: Collection[str], max_listed: int) -> list[Page]:
    """Return the home page and those that sitemaps of the website list, as far as they are its own and not known."""
    found: dict[str, Page] = {}
    for page in _all_first(fetcher, site, home):
        if len(known) + len(found) >= max_listed:
            break
        if page.url not in known:
            found.setdefault(page.url, page)
    return list(found.values())


def _all_first(fetcher: PoliteFetcher, site: Site, home: Home) -> Iterator[Page]:
    if not site.is_sitemap:
        yield Page(site.home)
    for address in _listed(fetcher, site, home):
        url = site.own_form(clean_url(address) or "")
        if url is not None:
            page = Page(url, depth=1)
            if words := site.refusal(url, page.depth):
                page.conclude("skipped", words)
            yield page


def _listed(fetcher: PoliteFetcher, site: Site, home: Home) -> Iterator[str]:
    """Yield the addresses in the website's sitemaps: those that robots.txt names, or those in their usual places."""
    sitemap = sitemaps.read_sitemap(home.page.body) if site.is_sitemap else sitemaps.Sitemap()
    usual = dict.fromkeys(f"{site.origin}{folder}sitemap.xml" for folder in ("/", site.prefix))
    addresses = sitemap.sitemaps if site.is_sitemap else home.robots.sitemaps or usual

    def may_ask(address: str) -> bool:
        url = site.own_form(clean_url(address) or "")
        return url is not None and home.robots.allows(url)

    yield from sitemap.pages
    yield from sitemaps.gather(lambda address: _read_sitemap(fetcher, site, address), list(addresses), may_ask)


def _read_sitemap(fetcher: PoliteFetcher, site: Site, address: str) -> bytes:
    """Return a sitemap's bytes; it may send us on within its own host.

    Raises:
        FetchError: it is not there, or elsewhere.
    """
    url = site.own_form(clean_url(address) or "")
    for _ in range(MAX_REDIRECTS + 1):
        if url is None:
            break
        got = fetcher.ask(url, sitemaps.MAX_BYTES)
        if got.location is None:
            if got.status == HTTPStatus.OK:
                return got.body
            break
        url = site.own_form(clean_url(got.location) or "")
    raise FetchError("fetch_failed", in_english("This sitemap can't be read."))
