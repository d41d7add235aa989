"""Every page that a person can come to by links alone, without a browser."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import parse_qsl, urljoin, urlsplit

import lxml.html

from tests.conftest import inside, sign_in
from tests.e2e.cast import email_of

OF_A_KIND = 2  # how many addresses of one page with the same parameters are opened


@dataclass
class Page:
    """One page that was opened: where, what answers there, what it answered, and from which page it was linked."""

    path: str
    endpoint: str
    status: int
    html: str  # empty for a file
    linked_from: str


def links_of(html: str, path: str) -> list[str]:
    if not html:
        return []
    links = lxml.html.document_fromstring(html).xpath("//a/@href[. != '']")
    found = [urlsplit(urljoin(path, link)) for link in links]
    return [
        link.path + (f"?{link.query}" if link.query else "") for link in found if not link.scheme and not link.netloc
    ]


def client_of(app, who):
    """A client of a person of the cast; of nobody where there is no such person."""
    from models import Member, db

    with inside(app):
        member_id = db.session.scalar(db.select(Member.id).where(Member.email == email_of(who)))
    return sign_in(app, SimpleNamespace(member_id=member_id)) if member_id else app.test_client()


def kind_of(app, path: str) -> tuple[str, tuple[str, ...]]:
    """What answers at an address, and which parameters it has."""
    parts = urlsplit(path)
    adapter = app.url_map.bind("localhost")
    endpoint = adapter.match(parts.path, "GET")[0] if adapter.test(parts.path, "GET") else parts.path
    return endpoint, tuple(sorted(name for name, _ in parse_qsl(parts.query)))


def crawl(app, who, start="/", of_a_kind=OF_A_KIND):
    """Yield each page that somebody comes to; where they are led on, the page that they are led to."""
    client, seen, opened = client_of(app, who), {start}, Counter()
    waiting = deque([(start, "")])
    while waiting:
        path, linked_from = waiting.popleft()
        kind = kind_of(app, path)
        opened[kind] += 1
        if opened[kind] > of_a_kind or kind[0] == "static":
            continue
        answer = client.get(path, follow_redirects=True)
        html = answer.text if answer.mimetype == "text/html" else ""
        yield Page(path, kind[0], answer.status_code, html, linked_from)
        for link in links_of(html, path):
            if link not in seen:
                seen.add(link)
                waiting.append((link, path))
        answer.close()


def distinct(app, crawled, of_a_kind=1, max_looks=2) -> list[tuple[str, str]]:
    """The pages that look like no other, each with the first person who sees it so: (who, path).

    Of what a person opened at one address, so many are looked at, and of what answers there, so many looks are taken.
    """
    looks, found = {}, []
    for who, pages in crawled.items():
        opened = Counter()
        for page in pages:
            kind = kind_of(app, page.path)
            opened[kind] += 1
            seen, look = looks.setdefault(page.endpoint, set()), skeleton(page.html)
            if opened[kind] <= of_a_kind and page.html and look not in seen and len(seen) < max_looks:
                seen.add(look)
                found.append((who, page.path))
    return found


def skeleton(html: str) -> str:
    """What a page is built of: its elements with their classes, repetitions left out."""
    main = html.partition('<main id="main"')[2]
    found = re.findall(r"<([a-z0-9]+)(?:[^>]*? class=\"([^\"]*)\")?", main)
    return " ".join(dict.fromkeys(f"{tag}.{classes}" for tag, classes in found))
