"""What a page says of itself, beside its text: links, canonical address, redirect by markup, wishes to robots."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree, html

from app.knowledge.crawling.site import clean_url
from app.net import ROBOT_NAME

MAX_LINKS = 5000
MAX_STUB_CHARS = 300
MAX_REFRESH_S = 10
_REFRESH = re.compile(r"\s*(\d{1,6})[\d.]*\s*[;,]\s*(?:url\s*=\s*)?[\"']?\s*([^\"'\s][^\"']*)", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(?:has|have|been|was|is|permanently) moved\b|\bredirect(?:ing|ed)?\b|\bmoved (?:to|here)\b|umgezogen|"
    r"verschoben|weitergeleitet|déplacée?\b|redirig|trasladad|spostat",
    re.IGNORECASE,
)
_SCRIPTED = re.compile(
    r"\blocation(?:\.href)?\s*=\s*[\"']([^\"']{1,2000})[\"']|"
    r"\blocation\.(?:replace|assign)\(\s*[\"']([^\"']{1,2000})[\"']"
)
_NO_INDEX = re.compile(r"\b(?:noindex|none)\b", re.IGNORECASE)
_NO_FOLLOW = re.compile(r"\b(?:nofollow|none)\b", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Looks:
    """`links`, `canonical` and `sends_to` are clean addresses; the last two are empty where there is none."""

    links: tuple[str, ...] = ()
    canonical: str = ""
    sends_to: str = ""
    is_noindex: bool = False
    is_nofollow: bool = False


def look(body: bytes, url: str, headers: Mapping[str, str]) -> Looks:
    """Look at a web page. One that can't be parsed says nothing."""
    root = _parse(body, charset_of(headers))
    if root is None:
        return Looks()
    base = _base(root, url)
    wishes = " ".join([_wishes_in_header(headers), *_wishes_in_markup(root)])
    links = tuple(dict.fromkeys(_links(root, base)))
    return Looks(
        links=links,
        canonical=_canonical(root, base),
        sends_to=_refresh_target(root, base) or _stub_target(root, base, links),
        is_noindex=bool(_NO_INDEX.search(wishes)),
        is_nofollow=bool(_NO_FOLLOW.search(wishes)),
    )


def charset_of(headers: Mapping[str, str]) -> str | None:
    """Return the charset of a Content-Type header, if it is one that exists."""
    found = _CHARSET.search(headers.get("Content-Type", ""))
    try:
        return codecs.lookup(found.group(1)).name if found else None
    except (LookupError, ValueError):
        return None


def _parse(body: bytes, charset: str | None) -> Any:
    try:
        parser = html.HTMLParser(encoding=charset, no_network=True, remove_comments=True, remove_pis=True)
        return html.document_fromstring(body, parser=parser)
    except (etree.LxmlError, ValueError, LookupError, AssertionError):
        return None


def _base(root: Any, url: str) -> str:
    for element in root.iter("base"):
        if element.get("href"):
            return clean_url(element.get("href"), url) or url
    return url


def _links(root: Any, base: str) -> Iterator[str]:
    for number, element in enumerate(root.iter("a", "area")):
        if number >= MAX_LINKS:
            return
        href, rel = element.get("href"), (element.get("rel") or "").lower().split()
        if href and not href.startswith("#") and "nofollow" not in rel:
            cleaned = clean_url(href, base)
            if cleaned:
                yield cleaned


def _canonical(root: Any, base: str) -> str:
    for element in root.iter("link"):
        if "canonical" in (element.get("rel") or "").lower().split() and element.get("href"):
            return clean_url(element.get("href"), base) or ""
    return ""


def _metas(root: Any, attribute: str, *names: str) -> Iterator[str]:
    for element in root.iter("meta"):
        if (element.get(attribute) or "").strip().lower() in names:
            yield element.get("content") or ""


def _wishes_in_markup(root: Any) -> Iterator[str]:
    return _metas(root, "name", "robots", ROBOT_NAME.lower())


def _wishes_in_header(headers: Mapping[str, str]) -> str:
    """Return what X-Robots-Tag asks of all robots or of ours; `googlebot: noindex` is for another one."""
    parts = headers.get("X-Robots-Tag", "").split(",")
    agents = ("", ROBOT_NAME.lower(), "unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
    kept = ((part.rpartition(":")[0].strip().lower(), part.rpartition(":")[2]) for part in parts)
    return " ".join(wish for agent, wish in kept if agent in agents)


def _refresh_target(root: Any, base: str) -> str:
    for content in _metas(root, "http-equiv", "refresh"):
        found = _REFRESH.match(content)
        if found and int(found.group(1)) <= MAX_REFRESH_S:
            return clean_url(found.group(2), base) or ""
    return ""


def _stub_target(root: Any, base: str, links: tuple[str, ...]) -> str:
    """Return where a page leads that holds nothing but "this page has moved", in words or in a script."""
    text = _visible_text(root)
    if len(text) > MAX_STUB_CHARS:
        return ""
    if len(links) == 1 and _MOVED.search(text):
        return links[0]
    for script in root.iter("script") if len(links) <= 1 else ():
        found = _SCRIPTED.search(script.text or "")
        if found:
            return clean_url(found.group(1) or found.group(2), base) or ""
    return ""


def _visible_text(root: Any) -> str:
    """Return the words of a page, its title included; not many more than a stub has at most."""
    words: list[str] = []
    n_chars = 0
    for text in _texts(root):
        words.append(text)
        n_chars += len(text)
        if n_chars > MAX_STUB_CHARS:
            break
    return " ".join(words)


def _texts(root: Any) -> Iterator[str]:
    for element in root.iter():
        shown = element.text if element.tag not in ("script", "style") else None
        yield from (text.strip() for text in (shown, element.tail) if text and text.strip())
