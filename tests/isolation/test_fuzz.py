"""A shower of requests that nobody planned, over every route, by everybody: none is answered with an error of ours.

N_REQUESTS of them; a hundred thousand by `make faults`, which prints what was answered. What they write stays for a
while, so that pages have to show it, and is then taken back.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections import Counter

import dns.resolver
import pytest
from sqlalchemy.orm import Session

from models import db
from tests.api.conftest import make_key
from tests.conftest import forget_tries
from tests.isolation.conftest import come_in
from tests.isolation.doors import doors
from tests.isolation.fuzzing import Fuzzer
from tests.isolation.test_whole_matrix import Beginning

N_REQUESTS = int(os.environ.get("N_REQUESTS", "600"))
SEED = int(os.environ.get("SEED", "7"))
KEPT_FOR = 250  # requests
pytestmark = pytest.mark.timeout(600 + N_REQUESTS // 10)


@pytest.fixture(autouse=True)
def _nobody_is_out_there(monkeypatch):
    """No name leads anywhere, so that what a request would fetch is not fetched; our own Redis has a number."""
    real = socket.getaddrinfo

    def unknown(host=None, *args, **how):
        if host == "127.0.0.1":
            return real(host, *args, **how)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(dns.resolver.Resolver, "resolve", lambda *_args, **_how: unknown())


@pytest.fixture(scope="module")
def everybody(app, ada, clients):
    """All of `clients`, and a program with a key."""
    return clients | {"key": come_in(app, None, HTTP_AUTHORIZATION=f"Bearer {make_key(app, ada)}")}


@pytest.fixture
def begin_anew(app, everybody, monkeypatch):
    """What puts rows and cookies back; where that can't be done, nothing lasts longer than its request."""
    with app.app_context():
        is_sqlite = db.engine.dialect.name == "sqlite"
    if not is_sqlite:
        monkeypatch.setattr(Session, "commit", Session.flush)
        return lambda: None
    beginning, cookies = Beginning(app), {who: client.get_cookie("docent") for who, client in everybody.items()}

    def come_back():
        beginning.come_back()
        for who, cookie in cookies.items():
            if cookie is not None:
                everybody[who].set_cookie("docent", cookie.value)

    return come_back


class Shower:
    """Sends what the fuzzer makes and keeps count of the answers; of each address that broke, the first request."""

    def __init__(self, fuzzer: Fuzzer) -> None:
        self._fuzzer, self.answers, self.broken = fuzzer, Counter(), {}
        self.slowest = 0.0, ""

    def send(self, who: str, client) -> None:
        path, how = self._fuzzer.request(who)
        started = time.monotonic()
        answer = client.open(path, **how)
        page = answer.get_data()
        self.slowest = max(self.slowest, (time.monotonic() - started, f"{how['method']} {path[:80]}"))
        self.answers[f"{answer.status_code // 100}xx"] += 1
        if answer.status_code >= 500:
            self.broken.setdefault(path, f"{answer.status_code} for {who}: {how}")
        if answer.mimetype == "text/html":
            self._fuzzer.learn(who, path, page.decode())
        answer.close()


def test_no_request_is_answered_with_an_error_of_ours(app, everybody, planted, begin_anew):
    shower, names = Shower(Fuzzer(doors(app), planted, SEED)), sorted(everybody)
    for n in range(N_REQUESTS):
        if n % KEPT_FOR == 0:
            begin_anew()
        forget_tries()
        who = names[n % len(names)]
        shower.send(who, everybody[who])
    sys.stdout.write(f"\n{N_REQUESTS} requests: {dict(shower.answers)}; the slowest: {shower.slowest}\n")
    assert not shower.broken, "\n".join(f"{path}: {what}" for path, what in shower.broken.items())
    assert shower.answers["2xx"] > N_REQUESTS / 50
    assert shower.answers["4xx"] > N_REQUESTS / 20
