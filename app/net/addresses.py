"""Which addresses may be asked: the form of a URL, and the machines that its name leads to.

The refused ranges are IANA's special-purpose registries (RFC 6890 and its updates), and what leads from a
public address to a private one: IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo ...), clouds' own services.
"""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable, Container
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from app.languages import in_english
from app.net.errors import blocked, failed, too_slow

MAX_URL_CHARS = 4096
PORTS = {"http": 80, "https": 443}

Resolve = Callable[[str, int], list[str]]
"""(host, port) -> its addresses in the order in which to try them. Raises OSError where there is none."""

_REFUSED_4 = tuple(
    map(ipaddress.IPv4Network, (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # Azure's own services, on an address that looks public
    ))
)  # fmt: skip
# of IPv6 only global unicast is public at all: mapped, NAT64, unique and site local lie outside of it
_PUBLIC_6 = ipaddress.IPv6Network("2000::/3")
_REFUSED_6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))

_UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\s\\]")  # control characters, every kind of space, and backslashes
_AUTHORITY_END = re.compile("[/?#]")
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")


@dataclass(frozen=True)
class Target:
    """A URL that may be asked for. `url` is its normal form, without fragment; `path` begins with a slash."""

    url: str
    scheme: str
    host: str
    port: int
    path: str


def read_target(url: str) -> Target:
    """Take a URL apart, with the one parser whose result is also what is connected to.

    Raises:
        FetchError: it is no web address, or of a form that is never fetched.
    """
    if len(url) > MAX_URL_CHARS:
        raise failed(
            in_english("This address is longer than %(most)s characters. Use a shorter one.", most=MAX_URL_CHARS)
        )
    if _UNFIT.search(url):
        raise blocked(in_english("it holds spaces, backslashes or control characters"))
    try:
        parts = parse_url(url)
        scheme, host = parts.scheme or "", (parts.host or "").lower()
        port = PORTS.get(scheme, 0) if parts.port is None else parts.port
    except (LocationParseError, ValueError) as error:
        raise failed(in_english("This is not a web address. Copy it anew from your browser.")) from error
    if scheme not in PORTS:
        raise blocked(in_english("only http and https are fetched"))
    if "@" in _AUTHORITY_END.split(url.partition("//")[2], 1)[0]:  # also an empty one, which the parser forgets
        raise blocked(in_english("it holds a user name or password"))
    host = _read_host(host)
    shown = f"[{host}]" if ":" in host else host
    place = shown if port == PORTS[scheme] else f"{shown}:{port}"
    return Target(f"{scheme}://{place}{parts.request_uri}", scheme, host, port, parts.request_uri)


def _read_host(host: str) -> str:
    """Return a host as it is resolved: a name in ASCII without its last dot, or a bare IP address."""
    if host.startswith("["):
        if "%" in host:
            raise blocked(in_english("it names a network card of this machine"))
        try:
            return str(ipaddress.IPv6Address(host[1:-1]))
        except ValueError as error:
            raise blocked(in_english("its host is not an IP address")) from error
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        raise blocked(in_english("it has no host, or one that is not a name of the internet"))
    return host


def is_public(address: str) -> bool:
    """Tell whether an IP address leads to the public internet, and to nothing else."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if not ip.is_global or ip.is_multicast or ip.is_reserved:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _REFUSED_4)
    return ip.scope_id is None and ip in _PUBLIC_6 and not any(ip in network for network in _REFUSED_6)


def require_port(target: Target, ports: Container[int]) -> None:
    """Refuse a port that is not one of websites, nor in `ports`.

    Raises:
        FetchError: it is another one.
    """
    if target.port not in PORTS.values() and target.port not in ports:
        raise blocked(in_english("port %(port)s is not one of websites (80 and 443)", port=target.port))


def choose_addresses(target: Target, resolve: Resolve, timeout_s: float, *, allow_private: bool) -> list[str]:
    """Return the addresses that a target may be connected to, none of them private. Resolves exactly once.

    Raises:
        FetchError: the name does not exist, does not resolve in time, or any of its addresses is refused.
    """
    try:
        found = _resolve_within(resolve, target, timeout_s)
        addresses = [str(ipaddress.ip_address(address)) for address in found]
    except TimeoutError as error:
        raise too_slow(target.host) from error
    except (OSError, ValueError) as error:
        raise failed(in_english("There is no website named %(host)s. Check the address.", host=target.host)) from error
    if not addresses or not (allow_private or all(map(is_public, addresses))):
        raise blocked(in_english("%(host)s is not on the public internet", host=target.host))
    return addresses


def _resolve_within(resolve: Resolve, target: Target, timeout_s: float) -> list[str]:
    """Resolve in a thread: the system's resolver knows no deadline. A late one is left behind to end."""
    answers: queue.SimpleQueue[list[str] | OSError | ValueError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(target.host, target.port))
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_s, 0.001))
    except queue.Empty as error:
        raise TimeoutError from error
    if isinstance(answer, (OSError, ValueError)):
        raise answer
    return answer


def resolve_by_system(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the system resolves it."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(row[4][0]) for row in found))
