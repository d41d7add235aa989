"""A real name server and a real website of the tests' own, on loopback."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from app.collaborators import here
from app.net import Fetcher, FetchSettings
from models import Domain, db
from tests.app.webserver import say, serving
from tests.clock import clock
from tests.conftest import inside
from tests.waiting import PATIENCE_S

__all__ = ["clock"]


class Names:
    """What the name server says: TXT records by name; `broken` names get SERVFAIL, `silent` ones no answer."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.txt: dict[str, list[str]] = {}
        self.broken: set[str] = set()
        self.silent: set[str] = set()

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.silent:
            return None
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.txt:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif query.question[0].rdtype == dns.rdatatype.TXT:
            values = [" ".join(f'"{part[i : i + 255]}"' for i in range(0, len(part), 255)) for part in self.txt[name]]
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "TXT", *values))
        return reply.to_wire()


@contextmanager
def name_server() -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        names, stop = Names(server.getsockname()[1]), threading.Event()

        def serve() -> None:
            while not stop.is_set():
                with contextlib.suppress(TimeoutError):
                    wire, sender = server.recvfrom(4096)
                    reply = names.answer(wire)
                    if reply is not None:
                        server.sendto(reply, sender)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield names
        finally:
            stop.set()
            thread.join()


class World:
    """The website's pages, the name server, and where names lead to."""

    def __init__(self, names, port: int, pages: dict[str, tuple[str, bytes, dict[str, str]]]) -> None:
        self.names, self.port, self.pages = names, port, pages

    def put(self, path: str, body: str, status: str = "200 OK", **headers: str) -> None:
        self.pages[path] = (status, body.encode(), headers)


@pytest.fixture
def world(app):
    pages: dict[str, tuple[str, bytes, dict[str, str]]] = {}

    def answer(conn, path, _headers):
        status, body, headers = pages.get(path, ("404 Not Found", b"nothing here", {}))
        say(conn, status, body, **headers)

    with inside(app), name_server() as names, serving(answer) as site:
        held = here()
        before = held.config
        held.config = dataclasses.replace(before, dns_servers=(names.address,))
        held.__dict__["fetcher"] = Fetcher(
            FetchSettings(allow_private=True, timeout_s=PATIENCE_S), lambda _host, _port: ["127.0.0.1"]
        )
        yield World(names, site.port, pages)
        held.config = before
        del held.__dict__["fetcher"]


def make_domain(service_id: int, port: int, host: str = "") -> Domain:
    host = host or f"{uuid.uuid4().hex[:8]}.example.com"
    domain = Domain(service_id=service_id, scheme="http", domain=host, port=port)
    db.session.add(domain)
    db.session.commit()
    return domain


@pytest.fixture
def domain(world, ada):
    return make_domain(ada.service_id, world.port)
