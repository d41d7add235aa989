"""A small website on loopback whose pages a test writes, changes and takes away while it is served."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.app.webserver import Site, say, serving

TOPICS = {
    "parrots": "Parrots in our care are fed sunflower seeds every morning at seven by the keeper on duty.",
    "rabbits": "Rabbits are vaccinated in spring, and their hutches are cleaned with warm water on Fridays.",
    "tickets": "A family ticket costs thirty-one euros and is valid for two adults with three children.",
    "parking": "The car park behind the lake closes at nine in the evening, an hour after the last tram.",
}


@dataclass
class Answer:
    """What is answered at one path; `status` is a whole line such as "404 Not Found"."""

    body: bytes = b""
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=lambda: {"Content_Type": "text/html; charset=utf-8"})
    times: int = -1  # how often; then the path is answered as if this were not there


@dataclass
class FakeSite:
    """Pages by path. Without ETag unless `has_tags`; what is not there is a 404."""

    server: Site
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    has_tags: bool = True
    stamps: list[float] = field(default_factory=list)  # when each request came, monotonic

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def asked(self) -> list[str]:
        return [path for path, _ in self.server.asked]

    def put(self, path: str, body: str | bytes = "", status: str = "200 OK", times: int = -1, **headers: str) -> None:
        raw = body.encode() if isinstance(body, str) else body
        kept = {"Content_Type": "text/html; charset=utf-8"} | headers
        answer = Answer(raw.replace(b"{home}", self.url.encode()), status, kept, times)
        if times < 0:
            self.answers[path] = [answer]
        else:
            self.answers.setdefault(path, []).insert(0, answer)

    def page(self, path: str, title: str, text: str, links: tuple[str, ...] = (), head: str = "") -> None:
        """Put a web page with a paragraph and links."""
        anchors = "".join(f'<li><a href="{link}">read on</a></li>' for link in links)
        self.put(
            path,
            f"<html><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1><p>{text}</p></main>"
            f"<ul>{anchors}</ul></body></html>",
        )

    def take_away(self, *paths: str) -> None:
        for path in paths:
            self.answers.pop(path, None)

    def forget(self) -> None:
        self.server.asked.clear()
        self.stamps.clear()

    def answer(self, conn: socket.socket, path: str, headers: dict[str, str]) -> None:
        self.stamps.append(time.monotonic())
        found = next((answer for answer in self.answers.get(path, []) if answer.times), None)
        if found is None:
            say(conn, "404 Not Found", b"<h1>nothing here</h1>", Content_Type="text/html")
            return
        found.times -= 1
        tag = f'"{hashlib.sha256(found.body).hexdigest()[:16]}"'
        if self.has_tags and found.status == "200 OK":
            if headers.get("if-none-match") == tag:
                say(conn, "304 Not Modified", ETag=tag)
                return
            say(conn, found.status, found.body, ETag=tag, **found.headers)
            return
        say(conn, found.status, found.body, **found.headers)


@contextmanager
def fake_site() -> Iterator[FakeSite]:
    """Serve an empty website until the block ends."""
    site = FakeSite(Site(0))
    with serving(site.answer) as site.server:
        yield site


def plant_zoo(site: FakeSite) -> None:
    """A home page and four pages, each about one topic of its own."""
    site.page(
        "/", "The zoo", "Welcome to the small zoo by the lake, open all year.", tuple(f"/{t}.html" for t in TOPICS)
    )
    for topic, text in TOPICS.items():
        site.page(f"/{topic}.html", topic.title(), text, ("/",))
