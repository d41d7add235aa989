"""Fetching: an address is checked, its page is read under limits, and the same again wherever it sends us."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING

from app.languages import in_english
from app.net.addresses import choose_addresses, read_target, require_port, resolve_by_system
from app.net.answers import Fetched, Page, clean_tag, read_location
from app.net.connection import Exchange
from app.net.errors import FetchError, failed, too_slow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from app.net.addresses import Resolve, Target

ROBOT_NAME = "DocentBot"  # what robots.txt calls us
MAX_REDIRECTS = 5
ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"


@dataclass(frozen=True)
class FetchSettings:
    """`allow_private` lifts the rules on addresses and ports, for development. `timeout_s`: a whole fetch."""

    allow_private: bool = False
    timeout_s: float = 30.0
    user_agent: str = f"{ROBOT_NAME}/1.0"


@dataclass(frozen=True)
class _Wish:
    """What is asked of one fetch: see `Fetcher.fetch`."""

    url: str
    max_bytes: int
    headers: dict[str, str | None]
    ports: Collection[int]
    timeout_s: float
    max_redirects: int = MAX_REDIRECTS


class Fetcher:
    """Fetches pages under the rules of this package. It keeps nothing: any thread may use it."""

    def __init__(self, settings: FetchSettings, resolve: Resolve = resolve_by_system) -> None:
        self.settings = settings
        self._resolve = resolve

    def fetch(
        self, url: str, *, max_bytes: int, etag: str | None = None, last_modified: str | None = None,
        accept: str = ACCEPT, follow: bool = True, ports: Collection[int] = (),
        timeout_s: float | None = None,
    ) -> Fetched:  # fmt: skip
        """Return a page in memory, whatever its status; 304 without a body if it is that of the tags.

        Args:
            url: what somebody typed, or a page linked to.
            max_bytes: of the body, unpacked.
            etag: of the copy at hand.
            last_modified: of the copy at hand.
            accept: media types, as in the header of that name.
            follow: go where redirects lead: five at most, also from https to http, as nothing secret is sent.
            ports: allowed beside 80 and 443, on the host of `url` alone.
            timeout_s: for all of it; else that of the settings.

        Raises:
            FetchError: blocked, unreachable, too slow, too large, or going round in circles.
        """
        tags = {"If-None-Match": clean_tag(etag), "If-Modified-Since": clean_tag(last_modified)}
        time_s = timeout_s or self.settings.timeout_s
        n_redirects = MAX_REDIRECTS if follow else 0
        wish = _Wish(url, max_bytes, {"Accept": accept, **tags}, ports, time_s, n_redirects)
        sink = BytesIO()
        got = self._follow(wish, sink)
        return Fetched(got.url, got.status, got.headers, sink.getvalue(), got.hops, got.location)

    @contextmanager
    def download(self, url: str, max_bytes: int, *, ports: Collection[int] = ()) -> Iterator[Page]:
        """Yield a page's local copy, removed afterwards.

        Raises:
            FetchError: as `fetch`, or the website answered with another status than 200.
        """
        with tempfile.NamedTemporaryFile(prefix="docent-page-") as file:
            got = self._follow(_Wish(url, max_bytes, {"Accept": ACCEPT}, ports, self.settings.timeout_s), file)
            if got.status != HTTPStatus.OK:
                advice = in_english(
                    "The website answered with status %(status)s. Check the address in your browser.", status=got.status
                )
                raise FetchError("fetch_failed", advice, status=got.status, retry_after_s=got.retry_after_s)
            file.flush()
            yield Page(Path(file.name), got.name, got.url, got.content_type, got.etag, got.last_modified)

    def post_json(self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> int:
        """Send JSON and return the status of the answer; redirects are not followed, and what is answered is not read.

        Raises:
            FetchError: blocked, unreachable or too slow.
        """
        own = {"User-Agent": self.settings.user_agent, "Content-Type": "application/json", "Connection": "close"}
        with self._open(read_target(url), (), time.monotonic() + timeout_s) as exchange:
            return exchange.ask({**own, **headers}, "POST", body).status

    def _follow(self, wish: _Wish, sink: IO[bytes]) -> Fetched:
        """Ask until an answer is no redirect; write the body of that one alone."""
        deadline = time.monotonic() + wish.timeout_s
        target, hops = read_target(wish.url), list[str]()
        own_host = target.host
        while True:
            with self._open(target, wish.ports if target.host == own_host else (), deadline) as exchange:
                got = _ask(exchange, self._headers(wish), tuple(hops))
                if got.location is None:
                    for block in exchange.read(wish.max_bytes):
                        sink.write(block)
            if got.location is None or not wish.max_redirects:
                return got
            hops.append(target.url)
            if len(hops) > wish.max_redirects:
                raise failed(in_english("The page sends its visitors on too often. Enter the address where it ends."))
            target = read_target(got.location)

    def _open(self, target: Target, ports: Collection[int], deadline: float) -> Exchange:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise too_slow(target.host)
        allow_private = self.settings.allow_private
        if not allow_private:
            require_port(target, ports)
        addresses = choose_addresses(target, self._resolve, left_s, allow_private=allow_private)
        return Exchange(target, addresses, deadline)

    def _headers(self, wish: _Wish) -> dict[str, str]:
        """Return a request's headers. `Connection: close`, as pages of one website are asked far apart."""
        own = {"User-Agent": self.settings.user_agent, "Accept-Encoding": "gzip, deflate"}
        asked = {name: value for name, value in wish.headers.items() if value}
        return {**own, **asked, "Connection": "close"}


def _ask(exchange: Exchange, headers: dict[str, str], hops: tuple[str, ...]) -> Fetched:
    response = exchange.ask(headers)
    location = read_location(exchange.target, response.status, response.headers.get("Location"))
    return Fetched(exchange.target.url, response.status, response.headers, hops=hops, location=location)
