"""The only code that opens an address somebody typed.

Every address that a name resolves to is checked, and the connection goes to that very address, so that a second
answer of the name server (DNS rebinding) changes nothing; the same again on each redirect. One deadline for all.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import idna
import urllib3
from urllib3.exceptions import HTTPError

USER_AGENT = "DocentBot/0.1 (+https://www.rfc-editor.org/rfc/rfc9309)"
MAX_REDIRECTS = 5
_PORTS = {"http": 80, "https": 443}
_BLOCK = 65536
# what `is_global` calls public although it leads inside, or nowhere (NAT64, 6to4, Teredo, protocol assignments)
_ALSO_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "fec0::/10",
    )
)

Resolve = Callable[[str, int], list[str]]


class FetchError(Exception):
    """A page could not be fetched; `kind` is a public code, `advice` says what to do. `retry_after_s` where asked."""

    def __init__(self, kind: str, advice: str, retry_after_s: int | None = None) -> None:
        super().__init__(advice)
        self.kind, self.advice, self.retry_after_s = kind, advice, retry_after_s


@dataclass(frozen=True)
class FetchSettings:
    """`allow_private` lifts the rules on addresses and ports, for development. Times in seconds."""

    allow_private: bool = False
    timeout_s: float = 30.0
    extra_ports: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Page:
    """What came: a local copy, a name that helps to tell its type, and the address it finally came from."""

    path: Path
    name: str
    url: str
    content_type: str
    etag: str | None
    last_modified: str | None


def resolve_by_system(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


def is_public(address: str) -> bool:
    """Tell whether an IP address leads to the public internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    inside = any(ip.version == network.version and ip in network for network in _ALSO_PRIVATE)
    return ip.is_global and not (inside or ip.is_multicast or ip.is_reserved or ip.is_unspecified or "%" in address)


def _blocked(why: str) -> FetchError:
    return FetchError("blocked_address", f"This address is not fetched: {why}. Use a public web address.")


def _read_address(url: str, settings: FetchSettings) -> tuple[SplitResult, str, int]:
    """Return (parts, host in ASCII, port) of an address that may be asked for."""
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise _blocked("it holds spaces or control characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode("ascii")
    except (ValueError, idna.IDNAError) as error:
        raise FetchError("fetch_failed", f"This is not a web address: {error}.") from error
    if parts.scheme not in _PORTS or not host or "%" in host:
        raise _blocked("only http and https are fetched")
    if parts.username is not None or parts.password is not None:
        raise _blocked("it holds a user name")
    if port not in (80, 443) and port not in settings.extra_ports and not settings.allow_private:
        raise _blocked(f"port {port} is not one of websites")
    return parts, host, port


class Fetcher:
    """Fetches pages under the rules above; `resolve` is a seam for tests."""

    def __init__(self, settings: FetchSettings, resolve: Resolve = resolve_by_system) -> None:
        self.settings = settings
        self._resolve = resolve

    @contextmanager
    def download(self, url: str, max_bytes: int) -> Iterator[Page]:
        """Yield a page's local copy, removed afterwards.

        Raises:
            FetchError: blocked, unreachable, too slow, too large, or answered with an error.
        """
        descriptor, name = tempfile.mkstemp(prefix="docent-page-")
        os.close(descriptor)
        path = Path(name)
        try:
            yield self._fetch(url, path, max_bytes, time.monotonic() + self.settings.timeout_s)
        finally:
            path.unlink(missing_ok=True)

    def _fetch(self, url: str, path: Path, max_bytes: int, deadline: float) -> Page:
        for _ in range(MAX_REDIRECTS + 1):
            parts, host, port = _read_address(url, self.settings)
            with self._open(parts, host, port, deadline) as response:
                target = response.headers.get("Location")
                if response.status in (301, 302, 303, 307, 308) and target:
                    url = urljoin(url, target)
                    continue
                _check_status(response)
                _store(response, path, max_bytes, deadline)
                return _describe(response, url, path)
        raise FetchError("fetch_failed", "The page sends its visitors round in circles. Enter its final address.")

    def _choose_address(self, host: str, port: int) -> str:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError("fetch_failed", f"There is no website named {host}. Check the address.") from error
        if not addresses or not (self.settings.allow_private or all(map(is_public, addresses))):
            raise _blocked(f"{host} is not on the public internet")
        return addresses[0]

    @contextmanager
    def _open(self, parts: SplitResult, host: str, port: int, deadline: float) -> Iterator[urllib3.BaseHTTPResponse]:
        address = self._choose_address(host, port)
        left = _seconds_left(deadline)
        timeout = urllib3.Timeout(connect=min(10.0, left), read=min(15.0, left))
        options = {"timeout": timeout, "retries": False, "maxsize": 1}
        pool: urllib3.HTTPConnectionPool
        if parts.scheme == "https":
            pool = urllib3.HTTPSConnectionPool(address, port, server_hostname=host, assert_hostname=host, **options)
        else:
            pool = urllib3.HTTPConnectionPool(address, port, **options)
        shown = f"[{host}]" if ":" in host else host
        headers = {
            "Host": shown if port == _PORTS[parts.scheme] else f"{shown}:{port}", "User-Agent": USER_AGENT,
            "Accept-Encoding": "gzip, deflate", "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
        }  # fmt: skip
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            response = pool.urlopen("GET", target, headers=headers, redirect=False, preload_content=False)
            try:
                yield response
            finally:
                response.close()
        except HTTPError as error:
            raise FetchError(
                "fetch_failed", f"{host} could not be read ({type(error).__name__}). Try again later."
            ) from error
        finally:
            pool.close()


def _seconds_left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchError("timeout", "The page took too long to come. Try again later.")
    return left


def _check_status(response: urllib3.BaseHTTPResponse) -> None:
    if response.status != 200:  # noqa: PLR2004 - HTTP's OK
        wait = response.headers.get("Retry-After", "")
        advice = f"The website answered with status {response.status}. Check the address in your browser."
        raise FetchError("fetch_failed", advice, int(wait) if wait.isdigit() else None)


def _store(response: urllib3.BaseHTTPResponse, path: Path, max_bytes: int, deadline: float) -> None:
    """Write a body while it is unpacked: a bomb or an endless page is cut at `max_bytes` or at the deadline."""
    size = 0
    with path.open("wb") as file:
        while block := response.read1(_BLOCK, decode_content=True):  # type: ignore[attr-defined]
            _seconds_left(deadline)
            size += len(block)
            if size > max_bytes:
                raise FetchError("limit", f"The page is larger than {max_bytes // 1_000_000} MB.")
            file.write(block)


def _describe(response: urllib3.BaseHTTPResponse, url: str, path: Path) -> Page:
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    last = urlsplit(url).path.rpartition("/")[2]
    name = last if "." in last else "page.html"
    headers = response.headers
    return Page(path, name, url, content_type, headers.get("ETag"), headers.get("Last-Modified"))
