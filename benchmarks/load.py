"""Many visitors at once with a slow chat model: `python benchmarks/load.py [--streams N] [--seconds N]`.

A throwaway installation answers that many visitors, each of whom asks again, in a new chat, as soon as an answer has
ended, while an owner looks at lists. Visitors, chat model and owner run in this process; all stays on loopback.
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
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from installation import ROOT, print_machine, print_table, quantile

API = "/api/widget/v1"
QUESTIONS = ("Which file formats can a chatbot learn from?", "Which files can a chatbot learn from?")
LISTS = tuple(f"/{name}view/list/" for name in ("chatbot", "source", "domain", "submission", "workspace"))
SENTENCE = "A chatbot learns from PDF, Word, PowerPoint and text files, and from web pages [1]. "
WORDS_OF_AN_ANSWER, PAUSE_S = 24, 0.6  # an answer takes about 15 seconds
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
    pages_s: list[float] = field(default_factory=list)
    refused_pages: Counter[int] = field(default_factory=Counter)
    n_by_model: int = 0
    n_live: int = 0
    most_live: int = 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- HTTP/1.1, as little of it as this needs: one connection for each request


async def send(port: int, method: str, path: str, body: str = "", **headers: str) -> AsyncIterator[bytes]:
    """Yield the lines of an answer, the status line first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    fields = {"Host": f"localhost:{port}", "Connection": "close", "Content-Length": str(len(body.encode())), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    writer.write(("\r\n".join([*lines, "", ""]) + body).encode())
    try:
        await writer.drain()
        while line := await reader.readline():
            yield line
    finally:
        writer.close()


async def fetch(port: int, method: str, path: str, body: str = "", **headers: str) -> tuple[int, str]:
    """Return status and the rest of an answer, headers included."""
    lines = [line async for line in send(port, method, path, body, **headers)]
    return int(lines[0].split()[1]), b"".join(lines[1:]).decode("utf-8", "replace")


# --- the chat model


async def _speak(run: Run, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as OpenAI's server does, a few words at a time."""
    run.n_by_model += 1
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        await reader.readexactly(int(length.group(1)) if length else 0)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for n in range(WORDS_OF_AN_ANSWER):
            text = SENTENCE if n % 8 == 0 else " "
            finish = "stop" if n == WORDS_OF_AN_ANSWER - 1 else None
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
            chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
            writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
            await writer.drain()
            await asyncio.sleep(PAUSE_S)
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass  # who asked has left
    finally:
        writer.close()


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
    n = number
    while time.monotonic() < until:
        headers = await _open_chat(run, number)
        how = await _ask(run, headers, QUESTIONS[n % len(QUESTIONS)])
        run.streams[how] += 1
        n += 1
        if how != "done":
            await asyncio.sleep(5)  # as a person would; at once, it would be refused for asking too often


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


async def _look_at_lists(run: Run, until: float) -> None:
    cookie, n = await _sign_in(run), 0
    while time.monotonic() < until:
        started = time.monotonic()
        status, _ = await fetch(run.web, "GET", LISTS[n % len(LISTS)], Cookie=cookie)
        run.pages_s.append(time.monotonic() - started)
        run.refused_pages[status] += status != 200
        n += 1
        await asyncio.sleep(0.25)


async def _try(run: Run, n_streams: int, seconds: float, model: socket.socket) -> None:
    server = await asyncio.start_server(partial(_speak, run), sock=model)
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


def _web_memory_mb(parent: int) -> float:
    """Return the most memory that the web server's processes below `parent` have held, MB (Linux)."""
    parents, total = {}, 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(line.split(":", 1) for line in (entry / "status").read_text().splitlines() if ":" in line)
            parents[int(entry.name)] = (int(status["PPid"]), (entry / "cmdline").read_bytes().split(b"\0"), status)
        except (OSError, ValueError):
            continue
    for _, words, status in (row for pid, row in parents.items() if _is_below(pid, parent, parents)):
        if b"web" in words:
            total += int(status["VmHWM"].split()[0]) / 1000
    return total


def _is_below(pid: int, parent: int, parents: dict[int, tuple[int, list[bytes], dict[str, str]]]) -> bool:
    while pid in parents and pid != parent:
        pid = parents[pid][0]
    return pid == parent


def main(n_streams: int, seconds: float) -> int:
    print_machine()
    model = socket.create_server(("127.0.0.1", 0), backlog=1000)
    with _installation(n_streams, model.getsockname()[1]) as run:
        asyncio.run(_try(run, n_streams, seconds, model))
        memory_mb = _web_memory_mb(run.process)
    failed = {how: n for how, n in run.streams.items() if how != "done"}
    words = [f"{quantile(run.first_words_s or [0], share):.1f} s" for share in (0.5, 0.95)]
    pages = [f"{quantile(run.pages_s, share) * 1000:.0f} ms" for share in (0.5, 0.95)]
    print_table(f"{n_streams} visitors for {seconds:.0f} s", [
        ("streams live at the same time, at most", str(run.most_live)),
        ("answers", f"{run.streams['done']}, {run.n_by_model} asked of the chat model"),
        ("failures", ", ".join(f"{n} {how}" for how, n in failed.items()) or "none"),
        ("first words, p50 / p95", " / ".join(words)),
        ("list pages meanwhile, p50 / p95", " / ".join(pages)),
        ("list pages", f"{len(run.pages_s)}, {sum(run.refused_pages.values())} failed"),
        ("memory of the web server, at most", f"{memory_mb:.0f} MB"),
    ])  # fmt: skip
    return 1 if failed or sum(run.refused_pages.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=180)
    options = parser.parse_args()
    raise SystemExit(main(options.streams, options.seconds))
