"""What a website answered."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from app.languages import in_english
from app.net.errors import failed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.net.addresses import Target

MAX_RETRY_AFTER_S = 24 * 3600
_REDIRECTS = {301, 302, 303, 307, 308}
_SENDABLE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?")


@dataclass(frozen=True)
class Fetched:
    """An answer of any status. `url` is where it came from in the end, `hops` the addresses before it.

    `headers` are found in any case; `location` is where a redirect that was not followed leads to.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    hops: tuple[str, ...] = ()
    location: str | None = None

    @property
    def content_type(self) -> str:
        """Return the media type alone, in lower case; empty where none is given."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    @property
    def etag(self) -> str | None:
        return clean_tag(self.headers.get("ETag"))

    @property
    def last_modified(self) -> str | None:
        return clean_tag(self.headers.get("Last-Modified"))

    @property
    def retry_after_s(self) -> int | None:
        return read_retry_after(self.headers.get("Retry-After"))

    @property
    def name(self) -> str:
        """Return a file name that helps to tell the type; never to be used as a path."""
        last = urlsplit(self.url).path.rpartition("/")[2]
        return last if "." in last else "page" + (mimetypes.guess_extension(self.content_type) or ".html")


@dataclass(frozen=True)
class Page:
    """What came: a local copy, a name that helps to tell its type, and the address it finally came from."""

    path: Path
    name: str
    url: str
    content_type: str
    etag: str | None
    last_modified: str | None


def clean_tag(value: str | None) -> str | None:
    """Return an ETag or date if it can be kept and sent back; websites put anything into these headers."""
    return value if value and _SENDABLE.fullmatch(value) else None


def read_retry_after(value: str | None) -> int | None:
    """Return the seconds of a Retry-After header, in seconds or a date (RFC 9110, 10.2.3); a day at most."""
    text = (value or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(int(text), MAX_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait_s = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return max(0, min(round(wait_s), MAX_RETRY_AFTER_S))


def read_location(target: Target, status: int, location: str | None) -> str | None:
    """Return where a redirect leads to, absolute and without fragment; None where an answer is none.

    Raises:
        FetchError: it leads nowhere.
    """
    if status not in _REDIRECTS or not location:
        return None
    text = location.strip().encode("latin-1", "replace").decode("utf-8", "replace").replace(" ", "%20")
    try:
        return urljoin(target.url, text).partition("#")[0]
    except ValueError as error:
        raise failed(
            in_english("%(host)s sends its visitors to no address at all. Check the address.", host=target.host)
        ) from error
