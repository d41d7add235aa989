"""Many visitors at once with a slow chat model: `python benchmarks/load.py [--streams N] [--seconds N] [--save FILE]`.

A throwaway installation answers that many visitors, each of whom asks again, in a new chat, as soon as an answer has
ended, while an owner looks at lists. Visitors, chat model and owner run in this process; all stays on loopback. What is
saved, `benchmarks/capacity.py --held-against` reads.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from urllib.parse import urlencode

from installation import ROOT, print_machine, print_table, quantile
from loopback import MODEL_S, fetch, free_port, send, speak
from processes import Process, find_below

API = "/api/widget/v1"
QUESTIONS = ("Which file formats can a chatbot learn from?", "Which files can a chatbot learn from?")
LISTS = {"chats": "", **{f"{name}s": f"/{name}view/list/" for name in ("chatbot", "source", "submission", "domain")}}
SPARE_THREADS = 12  # for pages and short calls, beside the eighth that is kept for pages that follow changes
START_S = 180


@dataclass
class Run:
    """Where the installation is, and what was seen of it."""

    web: int
    site: int
    process: int
    password: str
    embed: str = ""
    streams: Counter[str] = field(default_factory=Counter)
    first_words_s: list[float] = field(default_factory=list)
    pages_s: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in LISTS})
    refused_pages: Counter[str] = field(default_factory=Counter)
    visitors_s: float = 0  # that all of them have spent, together
    n_by_model: int = 0
    n_live: int = 0
    most_live: int = 0


# --- visitors and the owner


async def _open_chat(run: Run, number: int) -> dict[str, str]:
    """Open a chat from an address of the visitor's own; return the headers of its next calls."""
    headers = {"Origin": f"http://localhost:{run.site}", "X_Forwarded_For": f"10.{number // 250}.0.{number % 250 + 1}"}
    status, text = await fetch(run.web, "POST", f"{API}/embeds/{run.embed}/session", "{}", **headers)
    if status != 200:
        raise SystemExit(f"a chat could not be opened: {status} {text[-300:]}")
    found = re.search(r'"token":\s*"([^"]+)"', text)
    return {**headers, "Authorization": f"Bearer {found.group(1) if found else ''}", "Content_Type": "application/json"}


async def _ask(run: Run, headers: dict[str, str], text: str) -> str:
    """Put a question and read its answer to the end; return how that went."""
    body = json.dumps({"text": text, "idempotency_key": uuid.uuid4().hex})
    started, how, status = time.monotonic(), "cut off", 0
    run.n_live += 1
    run.most_live = max(run.most_live, run.n_live)
    try:
        async for line in send(run.web, "POST", f"{API}/messages", body, **headers):
            status = status or int(line.split()[1])
            if line.startswith(b"event: delta") and how == "cut off":
                run.first_words_s.append(time.monotonic() - started)
                how = "begun"
            elif line.startswith((b"event: done", b"event: error")):
                how = line.split()[1].decode()
            elif status != 200 and (code := re.search(rb'"code":\s*"(\w+)"', line)):
                how = code.group(1).decode()
    except OSError as error:
        how = type(error).__name__
    run.n_live -= 1
    return how if status == 200 else f"{how}, status {status}"


async def _visit(run: Run, number: int, until: float) -> None:
    n, began = number, time.monotonic()
    while time.monotonic() < until:
        headers = await _open_chat(run, number)
        how = await _ask(run, headers, QUESTIONS[n % len(QUESTIONS)])
        run.streams[how] += 1
        n += 1
        if how != "done":
            await asyncio.sleep(5)  # as a person would; at once, it would be refused for asking too often
    run.visitors_s += time.monotonic() - began


async def _sign_in(run: Run) -> str:
    """Sign the demo owner in; return the cookie."""
    _, page = await fetch(run.web, "GET", "/login/")
    cookie, token = (
        re.search(pattern, page) for pattern in (r"Set-Cookie: (docent=[^;]+)", r'csrf_token"[^>]*value="([^"]+)"')
    )
    form = {"email": "demo@example.com", "password": run.password, "csrf_token": token.group(1) if token else ""}
    sent = {"Cookie": cookie.group(1) if cookie else "", "Content_Type": "application/x-www-form-urlencoded"}
    status, answer = await fetch(run.web, "POST", "/login/", urlencode(form), **sent)
    signed_in = re.search(r"Set-Cookie: (docent=[^;]+)", answer)
    if status != 302 or signed_in is None:
        raise SystemExit(f"the owner could not sign in: {status}")
    return signed_in.group(1)


async def _find_chats(run: Run, cookie: str) -> str:
    """Return the address of the list of chats, which names the owner's service."""
    _, answer = await fetch(run.web, "GET", "/history/", Cookie=cookie)
    found = re.search(r"Location: (\S*/history/\d+)", answer)
    return found.group(1) if found else "/history/"


async def _look_at_lists(run: Run, until: float) -> None:
    """Open one list after the other; one that is not there, or leads elsewhere, has failed and is timed nowhere."""
    cookie = await _sign_in(run)
    lists = {**LISTS, "chats": await _find_chats(run, cookie)}
    for name in cycle(lists):
        if time.monotonic() > until:
            return
        started = time.monotonic()
        status, _ = await fetch(run.web, "GET", lists[name], Cookie=cookie)
        if status == 200:
            run.pages_s[name].append(time.monotonic() - started)
        else:
            run.refused_pages[f"{name} {status}"] += 1
        await asyncio.sleep(0.25)


async def _try(run: Run, n_streams: int, seconds: float, model: socket.socket) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        run.n_by_model += 1
        await speak(reader, writer)

    server = await asyncio.start_server(answer, sock=model)
    _, page = await fetch(run.site, "GET", "/")
    found = re.search(r'data-embed="([^"]+)"', page)
    run.embed = found.group(1) if found else ""
    until = time.monotonic() + seconds
    async with server:
        visitors = (_visit(run, number, until) for number in range(n_streams))
        await asyncio.gather(_look_at_lists(run, until), *visitors)


# --- the installation


def _open_limits(folder: Path) -> None:
    """Let the demo customer ask as much as it takes: here the machine is tried, not the plan."""
    with sqlite3.connect(folder / "docent.sqlite3", timeout=30) as database:
        database.execute(
            "UPDATE user_service_subscribed SET terms = json_set(terms, '$.features.requests_per_minute', 100000,"
            " '$.features.messages_per_month', 10000000)"
        )


@contextmanager
def _installation(n_streams: int, model_port: int) -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="docent-load-") as name:
        folder, web, site = Path(name), free_port(), free_port()
        environ = {
            **os.environ, "DATA_DIR": name, "PORT": str(web), "DEMO_PORT": str(site), "TRUSTED_PROXIES": "1",
            "WEB_THREADS": str((n_streams + SPARE_THREADS) * 8 // 7 + 1), "OPENAI_BASE_URL": f"http://127.0.0.1:{model_port}/v1",
            "CHAT_MODEL_TIMEOUT_S": "120", "CHAT_MODEL_FIRST_TOKEN_S": "60",
            "CHAT_MODEL_SLOTS": str(min(1024, 2 * n_streams)),
        }  # fmt: skip
        for setting in ("DATABASE_URL", "REDIS_URL", "BASE_URL"):
            environ.pop(setting, None)
        log = folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "run.py", "serve"], cwd=ROOT, env=environ, stdout=out, stderr=out
            )
            try:
                _wait_for(process, log)
                _open_limits(folder)
                password = re.search(r"demo owner: .*\npassword: +(\S+)", log.read_text())
                yield Run(web, site, process.pid, password.group(1) if password else "")
            finally:
                process.terminate()
                process.wait(timeout=30)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while b"Ctrl-C" not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(log.read_text()[-3000:])
        time.sleep(0.2)


@dataclass
class Used:
    """Processor time while something went on: of the web server, and of all else that belongs to the run."""

    web_s: float = 0
    others_s: float = 0
    wall_s: float = 0


@contextmanager
def _measuring(run: Run) -> Iterator[Used]:
    below = find_below(run.process)
    web = [process for process in below if process.does("web")]
    others = [process for process in below if process not in web]
    used, began, wall = Used(), (_sum(web), _sum(others) + time.process_time()), time.monotonic()
    yield used
    used.web_s, used.others_s = _sum(web) - began[0], _sum(others) + time.process_time() - began[1]
    used.wall_s = time.monotonic() - wall


def _sum(processes: list[Process]) -> float:
    """Return what processes have used; one that has ended, as some jobs do, counts no more."""
    found = 0.0
    for process in processes:
        with suppress(OSError):
            found += process.cpu_s
    return found


def _save(file: Path, run: Run, n_streams: int, used: Used) -> None:
    """Write what the model is held against; `cores`: those that the run left to the web server."""
    n_all = run.streams.total()
    found = {
        "visitors": n_streams, "model_s": MODEL_S, "failures": n_all - run.streams["done"],
        "answers_s": n_streams * n_all / run.visitors_s, "answer_s": used.web_s / max(1, n_all),
        "cores": (os.cpu_count() or 1) - used.others_s / used.wall_s, "web_cores": used.web_s / used.wall_s,
    }  # fmt: skip
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def main(n_streams: int, seconds: float, save: Path | None) -> int:
    print_machine()
    model = socket.create_server(("127.0.0.1", 0), backlog=1000)
    with _installation(n_streams, model.getsockname()[1]) as run:
        with _measuring(run) as used:
            asyncio.run(_try(run, n_streams, seconds, model))
        memory_mb = sum(process.peak_mb for process in find_below(run.process) if process.does("web"))
    if save:
        _save(save, run, n_streams, used)
    failed = {how: n for how, n in run.streams.items() if how != "done"}
    words = [f"{quantile(run.first_words_s or [0], share):.1f} s" for share in (0.5, 0.95)]
    all_pages_s = [took for each in run.pages_s.values() for took in each]
    print_table(f"{n_streams} visitors for {seconds:.0f} s", [
        ("streams live at the same time, at most", str(run.most_live)),
        ("answers", f"{run.streams['done']}, {run.n_by_model} asked of the chat model"),
        ("failures", ", ".join(f"{n} {how}" for how, n in failed.items()) or "none"),
        ("first words, p50 / p95", " / ".join(words)),
        ("list pages meanwhile, p50 / p95", _in_ms(all_pages_s)),
        *((f"the list of {name}: {len(took)}, p50 / p95", _in_ms(took)) for name, took in run.pages_s.items()),
        ("list pages that failed", ", ".join(f"{n} {how}" for how, n in run.refused_pages.items()) or "none"),
        ("the web server: processor time for each answer", f"{used.web_s / max(1, run.streams.total()) * 1000:.0f} ms"),
        ("the web server: memory, at most", f"{memory_mb:.0f} MB"),
    ])  # fmt: skip
    return 1 if failed or run.refused_pages or not all(run.pages_s.values()) else 0


def _in_ms(took_s: list[float]) -> str:
    return " / ".join(f"{quantile(took_s or [0], share) * 1000:.0f} ms" for share in (0.5, 0.95))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--save", type=Path, help="write a JSON file")
    options = parser.parse_args()
    raise SystemExit(main(options.streams, options.seconds, options.save))
