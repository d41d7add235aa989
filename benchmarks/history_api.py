"""Reading a long history as a program does: lists of the API, and its feed of messages (`make bench-history`)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from installation import p50_p95, quantile

from app.accounts import keys
from models import Service, Workspace, db, tenancy

N_TIMES = 12  # each address is asked
MAX_PAGES = 5000  # of the feed
UNHINDERED = 1_000_000  # requests a minute; plans allow fewer
FILTERS = ("", "&state=refused", "&feedback=negative", "&language=ja", "&from=2026-06-01&to=2026-06-07")


@dataclass(frozen=True)
class Took:
    """Milliseconds of an answer, by the clock and of this process's processor, and its rows."""

    clock: float
    cpu: float
    n_rows: int


@dataclass(frozen=True)
class Program:
    """What asks the API with a key of the service that reads all of it."""

    client: Any
    token: str

    def ask(self, address: str) -> tuple[Took, Any]:
        started, working = time.perf_counter(), time.process_time()
        answer = self.client.get(f"/api/v1/{address}", headers={"Authorization": f"Bearer {self.token}"})
        page = answer.get_json()
        clock, cpu = time.perf_counter() - started, time.process_time() - working
        assert answer.status_code == 200, (address, page)
        return Took(clock * 1000, cpu * 1000, len(page["result"])), page

    def follow(self, address: str) -> Iterator[Took]:
        """Yield what each page of the feed took, from the first message on."""
        after, has_more = "", True
        while has_more:
            took, page = self.ask(f"{address}{after}")
            yield took
            after, has_more = f"&after={page['next']}", page["has_more"]


def programs(app: Flask, service_id: int, words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield rows of the table: lists, full text, and all of the feed."""
    program = _find_program(app, service_id)
    for what in ("sessions", "messages"):
        for title, filters, bar_ms in (("", FILTERS, 150), (", full text", [f"&q={word}" for word in words], 300)):
            asked = [f"{what}?limit=50{more}" for more in filters] * N_TIMES
            yield f"API: 50 {what}{title}", _say([program.ask(address)[0] for address in asked], bar_ms)
    pages = [took for took, _ in zip(program.follow("messages?limit=200"), range(MAX_PAGES), strict=False)]
    first, last = (quantile([took.cpu for took in part], 0.5) for part in (pages[:100], pages[-100:]))
    rate = sum(took.n_rows for took in pages) / sum(took.clock for took in pages) * 1000
    ends = f"{rate:,.0f} messages a second; first and last hundred {first:.0f} and {last:.0f} ms of processor"
    yield f"API: the feed, {len(pages):,} pages of 200", f"{_say(pages, 150)}; {ends}"


def _say(took: Sequence[Took], bar_ms: int) -> str:
    return (
        f"{p50_p95([one.clock for one in took], bar_ms)}, {quantile([one.cpu for one in took], 0.5):.0f} of processor"
    )


def _find_program(app: Flask, service_id: int) -> Program:
    with app.test_request_context(), tenancy.everything():
        service = db.session.get_one(Service, service_id)
        places = db.session.scalars(sa.select(Workspace).where(Workspace.service_id == service_id)).all()
        _, token = keys.make(keys.Wish("benchmark", "read", places), service.holder)
        db.session.commit()
    keys.allowed_rate = lambda _service_id: UNHINDERED
    return Program(app.test_client(), token)
