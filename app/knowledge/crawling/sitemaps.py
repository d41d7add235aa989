"""Sitemaps (sitemaps.org protocol 0.9): lists of pages, lists of lists, as XML or text, packed or not."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO

from lxml import etree

from app.net import FetchError

MAX_BYTES = 20_000_000  # unpacked
MAX_PAGES = 50_000
MAX_SITEMAPS = 100
MAX_NESTING = 2
_GZIP = b"\x1f\x8b"
_LINE = re.compile(rb"https?://\S{1,2000}")


@dataclass(frozen=True)
class Sitemap:
    """The addresses that one sitemap lists: pages, and further sitemaps. Nothing of them is checked yet."""

    pages: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def read_sitemap(body: bytes) -> Sitemap:
    """Read a sitemap of any form. What is damaged or is none lists what was readable, perhaps nothing."""
    body = _unpack(body)
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = (line.strip() for line in body.splitlines()[:MAX_PAGES])
        return Sitemap(pages=tuple(line.decode("ascii", "ignore") for line in lines if _LINE.fullmatch(line)))
    found: dict[str, list[str]] = {"url": [], "sitemap": []}
    try:
        for kind, address in _read_entries(body):
            found[kind].append(address)
    except etree.LxmlError:
        pass  # what came before the damage counts
    return Sitemap(tuple(found["url"]), tuple(found["sitemap"]))


def _read_entries(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield ("url" or "sitemap", address) while the document is read; no entity is ever expanded."""
    events = etree.iterparse(
        BytesIO(body), events=("end",), tag="{*}loc", resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, recover=True,
    )  # fmt: skip
    for number, (_, element) in enumerate(events):
        if number >= MAX_PAGES:
            return
        parent = element.getparent()
        kind = "" if parent is None else etree.QName(parent).localname
        if kind in ("url", "sitemap") and len(element) == 0 and element.text:
            yield kind, element.text.strip()
        while parent is not None and parent.getprevious() is not None:  # memory stays flat
            del parent.getparent()[0]


def _unpack(body: bytes) -> bytes:
    """Unpack a .gz file, up to the limit and no further."""
    if not body.startswith(_GZIP):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BYTES)
    except zlib.error:
        return b""


def gather(fetch: Callable[[str], bytes], addresses: list[str], may_ask: Callable[[str], bool]) -> Iterator[str]:
    """Yield the pages of sitemaps and of those that they list in turn; one that can't be read lists nothing.

    Args:
        fetch: returns a sitemap's bytes.
        addresses: of the sitemaps to begin with.
        may_ask: whether a sitemap's address may be asked for.
    """
    waiting = [(address, 0) for address in addresses]
    seen: set[str] = set()
    n_pages = 0
    while waiting and len(seen) < MAX_SITEMAPS and n_pages < MAX_PAGES:
        address, nesting = waiting.pop(0)
        if address in seen or nesting > MAX_NESTING or not may_ask(address):
            continue
        seen.add(address)
        try:
            sitemap = read_sitemap(fetch(address))
        except FetchError:
            continue
        waiting.extend((further, nesting + 1) for further in sitemap.sitemaps)
        n_pages += len(sitemap.pages)
        yield from sitemap.pages
