"""Runs children until told to stop; none of them, nor what they have started, outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from app.process import guard
from app.process.lines import behind_name
from app.process.output import Output

STOP_PATIENCE_S = 5.0
READY_PATIENCE_S = 60.0
MAX_DEATHS_A_MINUTE = 5
_FIRST_PAUSE_S = 0.5  # before a restart; doubled with each death of the last minute
_TICK_S = 0.05
_GUARD = [sys.executable, "-I", "-S", guard.__file__]


class RunError(Exception):
    """The run can't begin or go on; the message says in one plain sentence why, and what to do."""


@dataclass(frozen=True)
class Child:
    """One process to run. `is_ready` says when the next one may start, `prepare` is called before each start.

    `env` is added to the environment. What `stops_last` ends after all others have ended. Of what `is_quiet`, the
    last lines are shown when it dies.
    """

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], bool] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None
    stops_last: bool = False
    is_quiet: bool = False


class _Watcher:
    """The process that ends the children's sessions when this one is killed; started anew if it dies itself."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._sessions: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
            self._process.wait()

    def tell(self, sessions: set[int]) -> None:
        """Say which sessions it shall end."""
        if self._process is None or self._process.poll() is not None:
            self.__exit__()
            self._process = subprocess.Popen(
                [*_GUARD, "watch"], start_new_session=True, bufsize=0,
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        elif sessions == self._sessions:
            return
        self._sessions = set(sessions)
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):  # it dies just now: the next call starts another
                self._process.stdin.write((" ".join(map(str, sorted(sessions))) + "\n").encode())


class _Running:
    """A child, its process of the moment, and when it died and shall start again (monotonic)."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.process: subprocess.Popen[bytes] | None = None
        self.deaths: list[float] = []
        self.restart_at: float | None = None

    def start(self, output: Output) -> None:
        """Start it in a session of its own: Ctrl-C reaches its parent alone, which then ends all in order."""
        if self.child.prepare is not None:
            self.child.prepare()
        self.restart_at = None
        env = {"PYTHONUNBUFFERED": "1", **os.environ, **self.child.env}
        command = [*_GUARD, "launch", str(os.getpid()), *self.child.argv]
        self.process = subprocess.Popen(
            command, env=env, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if self.process.stdout is not None:
            output.add(self.child.name, self.process.stdout, is_quiet=self.child.is_quiet)

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self) -> None:
        """Kill it and all that it has started."""
        if self.process is not None:
            guard.end_sessions({self.process.pid})
            self.process.wait()
            self.process = None

    def explain_end(self) -> str:
        code = self.process.returncode if self.process is not None else None
        if code is not None and code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


class Supervisor:
    """Runs children in their order; what they say goes to a log file, or to stderr."""

    def __init__(
        self, children: Sequence[Child], log_file: Path | None = None, shape: Callable[[str, str], str] = behind_name
    ) -> None:
        self._running = [_Running(child) for child in children]
        self._log_file, self._shape = log_file, shape
        self._n_stops = 0

    def run(self, on_ready: Callable[[], None]) -> int:
        """Start all, call `on_ready`, watch; return the exit code once everything has ended.

        0 after Ctrl-C, SIGTERM or SIGHUP (a second one does not wait); 1 when a child does not come up, or dies five
        times within a minute, which is said in one sentence.
        """
        with self._signals(), Output(self._log_file, self._shape) as output, _Watcher() as watcher:
            try:
                for running in self._running:
                    self._start(running, output, watcher)
                if not self._n_stops:
                    on_ready()
                self._watch(output, watcher)
            except RunError as error:
                output.say("docent", str(error))
                return 1
            finally:
                self._end_all(output)
                watcher.tell(set())
        return 0

    @contextmanager
    def _signals(self) -> Iterator[None]:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.signal(number, self._stop) for number in numbers}
        try:
            yield
        finally:
            for number, action in before.items():
                signal.signal(number, action)

    def _stop(self, *_args: object) -> None:
        self._n_stops += 1

    def _sessions(self) -> set[int]:
        return {running.process.pid for running in self._running if running.process is not None}

    def _start(self, running: _Running, output: Output, watcher: _Watcher) -> None:
        """Start a child for the first time and wait until it is ready. Raises RunError if it does not come up."""
        if self._n_stops:
            return
        child = running.child
        running.start(output)
        watcher.tell(self._sessions())
        deadline = time.monotonic() + READY_PATIENCE_S
        while child.is_ready is not None and not child.is_ready() and not self._n_stops:
            output.pump(_TICK_S)
            if not running.is_alive():
                output.reveal(child.name)
                how = running.explain_end()
                raise RunError(f"{child.name} {how} before it was ready; what it said stands above.")
            if time.monotonic() > deadline:
                raise RunError(f"{child.name} was not ready within {READY_PATIENCE_S:.0f} seconds; see above.")

    def _watch(self, output: Output, watcher: _Watcher) -> None:
        while not self._n_stops:
            output.pump(_TICK_S)
            for running in self._running:
                self._tend(running, output)
            watcher.tell(self._sessions())

    def _tend(self, running: _Running, output: Output) -> None:
        """Start a child again that died, a while later. Raises RunError if it dies again and again."""
        now = time.monotonic()
        if running.restart_at is not None:
            if now >= running.restart_at:
                running.start(output)
            return
        if running.is_alive():
            return
        output.reveal(running.child.name)
        name, how = running.child.name, running.explain_end()
        running.end()  # what it has left behind
        running.deaths = [*(died for died in running.deaths if died > now - 60), now]
        n_deaths = len(running.deaths)
        if n_deaths >= MAX_DEATHS_A_MINUTE:
            raise RunError(
                f"{name} {how}, the {n_deaths}th time within a minute, so all stops; see above what it said."
            )
        pause_s = _FIRST_PAUSE_S * 2 ** (n_deaths - 1)
        output.say("docent", f"{name} {how}; it is started again in {pause_s:g} s")
        running.restart_at = now + pause_s

    def _end_all(self, output: Output) -> None:
        for last in (False, True):
            group = [running for running in reversed(self._running) if running.child.stops_last is last]
            self._end_group(group, output)

    def _end_group(self, group: Sequence[_Running], output: Output) -> None:
        """End some children: politely, and after a few seconds or a second Ctrl-C for good."""
        for running in group:
            if running.process is not None and running.is_alive():
                running.process.terminate()
        deadline = time.monotonic() + STOP_PATIENCE_S
        while any(running.is_alive() for running in group) and time.monotonic() < deadline and self._n_stops <= 1:
            output.pump(_TICK_S)
        for running in group:
            running.end()
