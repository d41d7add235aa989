"""What a website's robots.txt asks of us (RFC 9309, and the Crawl-delay that many write)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import urljoin

from protego import Protego

from app.languages import in_english
from app.net import ROBOT_NAME, Fetched, FetchError

MAX_BYTES = 1_000_000
MAX_CHARS = 500_000  # RFC 9309 asks for 500 KiB at least
MAX_DELAY_S = 60.0
MAX_SITEMAPS = 50


class Robots:
    """The rules of one robots.txt for our user agent; an empty text allows everything."""

    def __init__(self, text: str) -> None:
        self.text = text[:MAX_CHARS]
        self._rules = Protego.parse(self.text)

    def allows(self, url: str) -> bool:
        return bool(self._rules.can_fetch(url, ROBOT_NAME))

    @property
    def delay_s(self) -> float:
        """Return the seconds that it asks for between two requests; a minute at most."""
        delay = self._rules.crawl_delay(ROBOT_NAME)
        return min(max(float(delay or 0), 0.0), MAX_DELAY_S)

    @property
    def sitemaps(self) -> list[str]:
        return list(self._rules.sitemaps)[:MAX_SITEMAPS]


def read_robots(fetch: Callable[[str], Fetched], url: str) -> Robots:
    """Read the robots.txt of the website that holds `url`. One that does not exist allows everything.

    Raises:
        FetchError: it can't be read now: what it would forbid is not known, so nothing may be read (RFC 9309, 2.3.1).
    """
    try:
        got = fetch(urljoin(url, "/robots.txt"))
    except FetchError as error:
        raise FetchError(
            error.kind, in_english("robots.txt can't be read, so no page is: %(advice)s", advice=error.advice)
        ) from error
    if got.status == HTTPStatus.OK:
        return Robots(got.body.decode("utf-8-sig", "replace").replace("\0", ""))
    if (
        HTTPStatus.BAD_REQUEST <= got.status < HTTPStatus.INTERNAL_SERVER_ERROR
        and got.status != HTTPStatus.TOO_MANY_REQUESTS
    ):
        return Robots("")
    advice = in_english(
        "robots.txt was answered with status %(status)s, so no page is read. Try again later.", status=got.status
    )
    raise FetchError("fetch_failed", advice, status=got.status, retry_after_s=got.retry_after_s)
