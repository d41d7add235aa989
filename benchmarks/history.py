"""Reading a long history: lists, search, deep pages and dialogues, as whole pages of the web application.

`make bench-history` fills throwaway installations with a year of chats (benchmarks/seed_history.py), on SQLite and,
where TEST_DATABASE_URL names a server, on PostgreSQL, and prints each figure beside its bar. `HERE=1` measures the
installation that DATA_DIR and DATABASE_URL name instead, as `make seed-history` left it.

A measurement is a function of `Reader` in MEASUREMENTS; new subjects add theirs there.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from installation import ROOT, p50_p95, print_machine, print_rows, quantile, run, throwaway_database

sys.path.insert(0, str(ROOT))

import sqlalchemy as sa
from flask import Flask
from history_api import programs
from seed_history import seed

from app.accounts import devices
from app.commands.opening import installation
from app.factory import create_app
from app.history import paging
from app.insights import counting
from config import read_config
from models import Chatbot, ChatSession, Domain, Member, Message, QuestionCluster, Service, Workspace, db, tenancy

N_TIMES = 12  # each address is asked
DEEP = 1000 * paging.PAGE_SIZE
WORDS = (
    "delivery",
    "refund",
    "warranty parts",
    "model 4711",
    "espresso",
    "いくらですか",
    "returned",
    "nobody says this",
)


@dataclass(frozen=True)
class Reader:
    """The holder of the larger service, signed in; `deep` is the cursor of page 1,000, or of the middle."""

    service_id: int
    chatbot: uuid.UUID
    workspace: uuid.UUID
    domain: uuid.UUID
    deep: paging.Cursor
    chats: list[uuid.UUID]
    client: Any

    def times(self, *asked: str) -> list[float]:
        """Return the milliseconds of each of some pages of the service's history, asked in turn."""
        return self.open(*(f"/history/{self.service_id}{address}" for address in asked))

    def open(self, *asked: str) -> list[float]:
        """Return the milliseconds of each of some pages, asked in turn."""
        found = []
        for _ in range(N_TIMES):
            for address in asked:
                started = time.perf_counter()
                answer = self.client.get(address)
                answer.get_data()
                found.append((time.perf_counter() - started) * 1000)
                assert answer.status_code == 200, (address, answer.status_code)
        return found


def lists(reader: Reader) -> Iterator[tuple[str, str]]:
    places = (f"?chatbot={reader.chatbot}", f"?workspace={reader.workspace}", f"?domain={reader.domain}")
    narrowed = (
        "?state=refused", "?state=error", "?feedback=negative", "?feedback=neutral", "?language=ja", "?form=yes",
        "?handed=yes", "?mark=unreviewed", "?slower=8", "?page=cart", "?from=2026-06-01&to=2026-06-07",
    )  # fmt: skip
    yield "a list", p50_p95(reader.times("", *places, *narrowed), 150)
    yield "a list that finds nothing", p50_p95(reader.times("?page=nowhere", "?slower=3000", "?mark=reviewed"), 150)


def search(reader: Reader) -> Iterator[tuple[str, str]]:
    yield "full text", p50_p95(reader.times(*(f"?q={words}" for words in WORDS)), 300)
    narrowed = (f"?q=delivery&chatbot={reader.chatbot}", "?q=refund&state=error", "?q=model&feedback=negative")
    yield "full text with other filters", p50_p95(reader.times(*narrowed), 300)


def deep_pages(reader: Reader) -> Iterator[tuple[str, str]]:
    first, deep = reader.times(""), reader.times(f"?older={reader.deep}")
    ratio = quantile(deep, 0.5) / quantile(first, 0.5)
    yield "page 1 and page 1,000", f"{quantile(first, 0.5):.0f} and {quantile(deep, 0.5):.0f} ms (ratio {ratio:.2f})"


def dialogues(reader: Reader) -> Iterator[tuple[str, str]]:
    yield "a dialogue", p50_p95(reader.times(*(f"/{chat}" for chat in reader.chats)), 150)


def insights(reader: Reader) -> Iterator[tuple[str, str]]:
    started, n_counted = time.perf_counter(), 0
    with reader.client.application.app_context(), tenancy.everything():
        while n_rows := counting.count_due():
            n_counted += n_rows
        if db.engine.dialect.name == "postgresql":
            db.session.execute(sa.text("ANALYZE"))
            db.session.commit()
        service = db.session.scalar(sa.select(Service.uuid).where(Service.id == reader.service_id))
    rate = n_counted / (time.perf_counter() - started)
    yield "counting into rollups", f"{n_counted:,} rows, {rate:,.0f} a second"
    year, month = (reader.open(f"/insights/service/{service}?days={days}") for days in (365, 30))
    yield "insights of a year, of a service", p50_p95(year, 300)
    yield "insights of a month, of a service", p50_p95(month, 300)
    yield "insights of a year, of a chatbot", p50_p95(reader.open(f"/insights/chatbot/{reader.chatbot}?days=365"), 300)


def inbox(reader: Reader) -> Iterator[tuple[str, str]]:
    with reader.client.application.app_context(), tenancy.everything():
        n_clusters = db.session.scalar(sa.select(sa.func.count(QuestionCluster.id)))
    yield f"unanswered, of {n_clusters:,} groups", p50_p95(reader.open("/unanswered/"), 300)


def erasing(reader: Reader) -> Iterator[tuple[str, str]]:
    """Count what would be erased, in all chatbots of the service; nothing is."""
    reader.client.application.config["WTF_CSRF_ENABLED"] = False
    address = f"/chatbot/{reader.chatbot}/privacy/erase"
    for kind, sought in (("words", "model 4711"), ("words", "delivery"), ("email", "uma@example.com")):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            answer = reader.client.post(address, data={"kind": kind, "sought": sought, "everywhere": "1"})
            times.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.status_code
        yield f"what erasing by {kind} would take, {sought}", f"{quantile(times, 0.5):,.0f} ms"


def _resident_mb() -> float:
    """Return how much memory this process holds now (proc(5))."""
    n_pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return n_pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


def exports(reader: Reader) -> Iterator[tuple[str, str]]:
    reader.client.application.config["WTF_CSRF_ENABLED"] = False
    for file_format in ("csv", "jsonl"):
        form, before, most, last = {"per": "message", "format": file_format}, _resident_mb(), 0.0, b""
        started, working = time.perf_counter(), time.process_time()
        answer = reader.client.post(f"/exports/for/{reader.service_id}/file", data=form, buffered=False)
        for block in answer.iter_encoded():
            most, last = max(most, _resident_mb()), block
        n_rows = int("".join(filter(str.isdigit, last.decode())))
        rates = [
            n_rows / (clock() - since) for clock, since in ((time.perf_counter, started), (time.process_time, working))
        ]
        memory = f"{most - before:.0f} MB more memory (at most 60)"
        said = f"{rates[0]:,.0f} rows a second (at least 20,000), {rates[1]:,.0f} of processor time, {memory}"
        yield f"export of {n_rows:,} messages as {file_format}", said


MEASUREMENTS: tuple[Callable[[Reader], Iterator[tuple[str, str]]], ...] = (
    lists,
    search,
    deep_pages,
    dialogues,
    insights,
    inbox,
    erasing,
    exports,
    lambda reader: programs(reader.client.application, reader.service_id, WORDS),
)


def _find_reader(app: Flask) -> Reader:
    n_sessions = sa.func.count(ChatSession.id)
    busiest = sa.select(ChatSession.service_id).group_by(ChatSession.service_id).order_by(n_sessions.desc())
    service = db.session.get_one(Service, db.session.scalars(busiest).first())
    chats = sa.select(ChatSession).where(ChatSession.service_id == service.id)
    behind = chats.order_by(ChatSession.started_at.desc(), ChatSession.id.desc())
    n_all = db.session.scalar(sa.select(n_sessions).where(ChatSession.service_id == service.id)) or 0
    deep = db.session.scalars(behind.offset(min(DEEP, n_all // 2)).limit(1)).one()
    chatbots = sa.select(Chatbot).where(Chatbot.service_id == service.id).order_by(Chatbot.id)
    workspaces = sa.select(Workspace.uuid).where(Workspace.service_id == service.id).order_by(Workspace.id.desc())
    return Reader(
        service.id, db.session.scalars(chatbots.offset(1)).first().uuid,
        db.session.scalars(workspaces).first(),
        db.session.scalars(sa.select(Domain.uuid).where(Domain.service_id == service.id, ~Domain.internal)).first(),
        paging.cursor_at(deep), [chat.uuid for chat in db.session.scalars(behind.limit(8))],
        _sign_in(app, service.holder_id),  # at last: a request closes the scope
    )  # fmt: skip


def _sign_in(app: Flask, member_id: int) -> Any:
    device = devices.add(member_id, "benchmark", "192.0.2.1")
    user_id = db.session.get_one(Member, member_id).get_id()
    db.session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=user_id, _fresh=True, device=str(device))
    return client


def measure() -> None:
    with installation(read_config(), create_app) as app:
        title = f"{db.session.scalar(sa.select(sa.func.count(Message.id))):,} messages, {db.engine.dialect.name}"
        reader = _find_reader(app)
    gc.freeze()  # as the web server does once it is set up (app/process/starting.py)
    print_rows(title, (row for measurement in MEASUREMENTS for row in measurement(reader)))


def main() -> int:
    asking = argparse.ArgumentParser(description=__doc__)
    asking.add_argument("--messages", type=int, default=1_000_000)
    asking.add_argument("--here", action="store_true")
    asked = asking.parse_args()
    print_machine()
    if asked.here:
        measure()
        return 0
    for server in filter(None, ("sqlite", os.environ.get("TEST_DATABASE_URL"))):
        with throwaway_database("" if server == "sqlite" else server):
            run("init")
            started = time.perf_counter()
            with installation(read_config()):
                seed(asked.messages)
            print(f"  written in {time.perf_counter() - started:,.0f} s", flush=True)
            measure()
            print(f"  all of it in {time.perf_counter() - started:,.0f} s\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
