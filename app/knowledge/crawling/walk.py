"""One walk over a website: every address is visited once, and it is decided what becomes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

from app.knowledge.crawling import reading as pages_text
from app.knowledge.crawling.ledger import Ledger, Page
from app.knowledge.crawling.manners import CrawlStopped, PoliteFetcher
from app.knowledge.crawling.markup import Looks, look
from app.knowledge.crawling.reading import Reading
from app.knowledge.crawling.robots import Robots
from app.knowledge.crawling.site import Site
from app.languages import in_english
from app.net import Fetched, FetchError
from indexes.errors import LoadError

GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
MISSES_TO_REMOVE = 2
_REASON_OF_BLOCKS = ("blocked_address", "blocked_by_robots", "limit")


@dataclass(frozen=True)
class Limits:
    """The caps of one crawl. `max_listed`: addresses that are kept at all, visited or not."""

    max_pages: int
    max_page_bytes: int = 20_000_000
    max_bytes: int = 2_000_000_000

    @property
    def max_requests(self) -> int:
        return 5 * self.max_pages + 500

    @property
    def max_listed(self) -> int:
        return 10 * self.max_pages + 2000


class Walk:
    """Visits the pages of a ledger that were not visited yet, and those that they lead to.

    Args:
        site: which addresses belong to it.
        robots: what the website asks of robots.
        fetcher: asks it; what it counted before this walk counts against the limits.
        ledger: keeps the pages.
        limits: caps of the crawl.
        home_page: what the website's home page was answered with, if that is known already.
    """

    def __init__(
        self, site: Site, robots: Robots, fetcher: PoliteFetcher, ledger: Ledger, *, limits: Limits,
        home_page: Fetched | None = None,
    ) -> None:  # fmt: skip
        self._site, self._robots, self._fetcher, self._limits, self._ledger = site, robots, fetcher, limits, ledger
        self._home_page = home_page
        self._queue = deque(page for page in ledger.pages.values() if not page.is_visited)
        visited = [page for page in ledger.pages.values() if page.is_visited and page.holds]
        self._n_held = len(visited)
        self._texts = {page.text_hash: page.url for page in visited if page.text_hash}
        self._canonical: dict[str, str] = {}
        self._found: dict[str, Page] = {}

    @property
    def n_waiting(self) -> int:
        return sum(not page.is_visited for page in self._queue)

    def steps(self) -> Iterator[Page]:
        """Visit page after page and yield each once it is recorded."""
        while (page := self._next()) is not None:
            self._found = {}
            reading = self._visit(page)
            if page.is_visited:
                self._note(page)
                self._ledger.record(page, list(self._found.values()), reading)
                yield page

    def _next(self) -> Page | None:
        while self._queue:
            page = self._queue.popleft()
            if not page.is_visited:
                return page
        return None

    def _note(self, page: Page) -> None:
        if page.holds:
            self._n_held += 1
            if page.text_hash:
                self._texts.setdefault(page.text_hash, page.url)

    def _visit(self, page: Page) -> Reading | None:
        refusal = self._refusal(page)
        if refusal:
            self._leave(page, *refusal)
            return None
        if self._fetcher.n_requests >= self._limits.max_requests or self._fetcher.n_bytes >= self._limits.max_bytes:
            raise CrawlStopped(
                in_english("The website led on and on: the most requests or bytes of one crawl were reached.")
            )
        try:
            got = self._fetch(page)
        except FetchError as error:
            self._fail(page, error)
            return None
        return self._judge(page, got)

    def _refusal(self, page: Page) -> tuple[str, str] | None:
        """Return (reason, address that stands for it) where a page needs no request to be left out."""
        if words := self._site.refusal(page.url, page.depth):
            return words, ""
        if not self._robots.allows(page.url):
            return in_english("robots.txt asks robots not to read it."), ""
        if self._n_held >= self._limits.max_pages:
            return in_english("It is beyond the limit of %(max_pages)s pages.", max_pages=self._limits.max_pages), ""
        canonical = self._canonical.get(page.url, "")
        if canonical and self._ledger.pages[canonical].holds:
            return in_english("It names %(address)s as its own address.", address=canonical), canonical
        return None

    def _fetch(self, page: Page) -> Fetched:
        if self._home_page is not None and page.url == self._home_page.url:
            got, self._home_page = self._home_page, None
            return got
        etag, last_modified = (page.etag, page.last_modified) if self._may_trust_tags(page) else (None, None)
        return self._fetcher.ask(page.url, self._limits.max_page_bytes, etag=etag, last_modified=last_modified)

    def _may_trust_tags(self, page: Page) -> bool:
        """Tell whether "not modified" would settle it: not if the page that stood for this one may be gone."""
        twin = self._ledger.pages.get(page.same_as)
        return page.taken or not page.same_as or (twin is not None and twin.holds)

    def _judge(self, page: Page, got: Fetched) -> Reading | None:
        if got.location is not None:
            self._lead_on(page, got.location)
        elif got.status == HTTPStatus.NOT_MODIFIED:
            self._stay(page)
        elif got.status in GONE:
            self._miss(page, got.status)
        elif got.status != HTTPStatus.OK:
            page.conclude("failed", in_english("The website answered with status %(status)s.", status=got.status))
        elif not pages_text.is_readable(got.content_type):
            self._leave(
                page, in_english("It is of a kind that is not read (%(content_type)s).", content_type=got.content_type)
            )
        else:
            return self._take(page, got)
        return None

    def _take(self, page: Page, got: Fetched) -> Reading | None:
        """Decide on a page that was sent whole; return its text if that is new."""
        body_hash = pages_text.hash_of(got.body)
        if page.taken and body_hash == page.body_hash:
            self._keep_tags(page, got, body_hash)
            self._stay(page)
            return None
        if got.content_type in pages_text.HTML and not self._heed(page, look(got.body, page.url, got.headers)):
            if page.is_visited:
                self._keep_tags(page, got, "")
            return None
        try:
            reading = pages_text.read(got)
        except LoadError as error:
            page.conclude("failed" if page.taken else "skipped", f"{error.happened} {error.advice}")
            return None
        self._keep_tags(page, got, body_hash)
        return self._compare(page, reading)

    def _keep_tags(self, page: Page, got: Fetched, body_hash: str) -> None:
        page.etag, page.last_modified, page.body_hash, page.misses = got.etag, got.last_modified, body_hash, 0

    def _heed(self, page: Page, looks: Looks) -> bool:
        """Follow what a page says of itself; tell whether it is to be read here and now."""
        if looks.sends_to and looks.sends_to != page.url:
            self._lead_on(page, looks.sends_to)
            return False
        if not looks.is_nofollow and not self._site.is_sitemap:
            self._discover(looks.links, page.depth + 1)
        unwanted = self._site.unwanted(page.url) or (
            in_english("The page asks robots not to index it.") if looks.is_noindex else ""
        )
        if unwanted:
            self._leave(page, unwanted)
            return False
        return self._is_own_address(page, looks.canonical)

    def _is_own_address(self, page: Page, canonical: str) -> bool:
        """Tell whether a page stands for itself. Another address that it names is visited first: it may be none."""
        url = self._site.own_form(canonical) if canonical else None
        if url is None or url == page.url or self._site.refusal(url, page.depth) or not self._robots.allows(url):
            return True
        other = self._find(url, page.depth)
        if other is None:
            return True
        if other.holds and other.is_visited:
            self._leave(page, in_english("It names %(address)s as its own address.", address=url), url)
            return False
        if other.is_visited or page.url in self._canonical:
            return True  # that one leads nowhere, or back here
        self._canonical[page.url] = url
        self._ledger.add(list(self._found.values()))
        self._queue.extendleft((page, other))
        return False

    def _compare(self, page: Page, reading: Reading) -> Reading | None:
        twin = self._texts.get(reading.text_hash)
        if twin is not None and twin != page.url:
            self._leave(page, in_english("It says the same as %(address)s.", address=twin), twin)
            page.text_hash = reading.text_hash
            return None
        if page.taken and (reading.text_hash, reading.title) == (page.text_hash, page.title):
            self._stay(page)
            return None
        page.text_hash, page.title = reading.text_hash, reading.title
        page.conclude("changed" if page.taken else "added")
        return reading

    def _stay(self, page: Page) -> None:
        page.misses = 0
        twin = self._texts.get(page.text_hash, page.url)
        if page.taken and (unwanted := self._site.unwanted(page.url)):
            self._leave(page, unwanted)
        elif page.taken and twin != page.url:
            self._leave(page, in_english("It says the same as %(address)s.", address=twin), twin)
        elif page.taken:
            page.conclude("unchanged")
        else:  # it was left out before, and nothing about it has changed
            page.conclude("skipped", page.reason, page.same_as)

    def _leave(self, page: Page, reason: str, same_as: str = "") -> None:
        page.conclude("removed" if page.taken else "skipped", reason, same_as)

    def _lead_on(self, page: Page, location: str) -> None:
        """Leave a page that sends its visitors on, and visit the one to which it does."""
        target = self._site.own_form(location)
        if target is None or not self._site.holds(target):
            self._leave(
                page,
                in_english(
                    "It sends its visitors on to %(address)s, which is outside of this website.", address=location
                ),
            )
            return
        self._find(target, page.depth)
        self._leave(page, in_english("It sends its visitors on to %(address)s.", address=target), target)

    def _miss(self, page: Page, status: int) -> None:
        page.misses += 1
        if not page.taken:
            page.conclude("failed", in_english("The website answered with status %(status)s.", status=status))
        elif page.misses >= MISSES_TO_REMOVE:
            page.conclude("removed", in_english("The website answered with status %(status)s again.", status=status))
        else:
            page.conclude(
                "failed",
                in_english(
                    "The website answered with status %(status)s. If it does so again, it is removed.", status=status
                ),
            )

    def _fail(self, page: Page, error: FetchError) -> None:
        is_ours = error.kind in _REASON_OF_BLOCKS and not page.taken
        page.conclude("skipped" if is_ours else "failed", error.advice)

    def _discover(self, links: Iterable[str], depth: int) -> None:
        for link in links:
            url = self._site.own_form(link)
            if url is not None:
                self._find(url, depth)

    def _find(self, url: str, depth: int) -> Page | None:
        """Return the page of a URL, found now if it was not known; None once too many are."""
        known = self._ledger.pages.get(url) or self._found.get(url)
        if known is not None:
            return known
        if len(self._ledger.pages) + len(self._found) >= self._limits.max_listed:
            return None
        page = Page(url, depth)
        if words := self._site.refusal(url, depth):
            page.conclude("skipped", words)
        else:
            self._queue.append(page)
        self._found[url] = page
        return page


def close(ledger: Ledger, why: str) -> Iterator[Page]:
    """Conclude all that was not visited, for a reason that ends a crawl early; nothing is removed for it."""
    for page in list(ledger.pages.values()):
        if not page.is_visited:
            page.conclude("failed" if page.taken else "skipped", in_english("It was not looked at. %(why)s", why=why))
            ledger.record(page, (), None)
            yield page
