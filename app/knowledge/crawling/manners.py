"""How a website is asked: one request at a time, not too fast, and later when it says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from app.languages import in_english
from app.net import Fetched, Fetcher, FetchError

MIN_PACE_S = 0.55  # half a second at least, by the clock of the website too
MAX_RETRY_AFTER_S = 120.0
MAX_TRIES = 3
MAX_TROUBLES = 25  # failures in a row after which a website is left in peace
_STEP_S = 5.0
_LATER = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class CrawlStopped(Exception):
    """The crawl ends here; the message says why, for the owner."""


@dataclass(frozen=True)
class Manners:
    """Seconds between two requests and before a second try where the website names none."""

    pace_s: float = MIN_PACE_S
    retry_s: float = 10.0


class PoliteFetcher:
    """Asks one website. `watch` is called while it waits, at least every five seconds; it may raise to end it all."""

    def __init__(
        self, fetcher: Fetcher, manners: Manners, watch: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self._fetcher, self._manners = fetcher, manners
        self._watch, self._sleep = watch, sleep
        self._pace_s = manners.pace_s
        self._free_at = time.monotonic() + self._pace_s  # whoever crawled before may have asked just now
        self._troubles = 0
        self.n_requests = self.n_bytes = 0

    def slow_down(self, delay_s: float) -> None:
        """Keep the distance that robots.txt asks for, where that is longer."""
        self._pace_s = max(self._manners.pace_s, delay_s)

    def ask(
        self, url: str, max_bytes: int, *, etag: str | None = None, last_modified: str | None = None,
        follow: bool = False,
    ) -> Fetched:  # fmt: skip
        """Return what the website answers, whatever its status; 429 and 503 are asked again after a while.

        Raises:
            FetchError: as `Fetcher.fetch`.
            CrawlStopped: it has not answered well for long.
        """
        for is_last_try in (*[False] * (MAX_TRIES - 1), True):
            got = self._ask_once(url, max_bytes, etag, last_modified, follow=follow)
            wait_s = self._manners.retry_s if got.retry_after_s is None else float(got.retry_after_s)
            if got.status not in _LATER or is_last_try or wait_s > MAX_RETRY_AFTER_S:
                break
            self._wait_until(time.monotonic() + wait_s)
        self._judge(is_trouble=got.status in _LATER or got.status >= HTTPStatus.INTERNAL_SERVER_ERROR)
        return got

    def _ask_once(
        self, url: str, max_bytes: int, etag: str | None, last_modified: str | None, *, follow: bool
    ) -> Fetched:
        self._wait_until(self._free_at)
        self.n_requests += 1
        try:
            got = self._fetcher.fetch(url, max_bytes=max_bytes, etag=etag, last_modified=last_modified, follow=follow)
        except FetchError as error:
            self._judge(is_trouble=error.kind in ("timeout", "fetch_failed"))
            raise
        finally:
            self._free_at = time.monotonic() + self._pace_s
        self.n_bytes += len(got.body)
        return got

    def _wait_until(self, moment: float) -> None:
        self._watch()
        while (left_s := moment - time.monotonic()) > 0:
            self._sleep(min(left_s, _STEP_S))
            self._watch()

    def _judge(self, *, is_trouble: bool) -> None:
        self._troubles = self._troubles + 1 if is_trouble else 0
        if self._troubles >= MAX_TROUBLES:
            raise CrawlStopped(
                in_english("The website did not answer %(most)s times in a row. Try again later.", most=MAX_TROUBLES)
            )
