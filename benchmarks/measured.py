"""One step of a system in a process of its own, and what it used, seen from outside."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from processes import Process, find_below

STEP = Path(__file__).parent / "peers" / "step.py"
LOOK_EVERY_S = 0.25
ALONE = {"HF_HUB_OFFLINE": "1", "HAYSTACK_TELEMETRY_ENABLED": "False", "CUDA_VISIBLE_DEVICES": ""}


@dataclass(frozen=True)
class Peer:
    """A system that is compared: the module that drives it, and the Python of the environment that it lives in.

    `is_installed` where there is a step before the first document, which is not measured.
    """

    name: str
    module: Path
    python: Path
    is_installed: bool = False


@dataclass(frozen=True)
class Used:
    """What a step took from the start of Python to its end: seconds by the clock and of processor, MB at most."""

    wall: float
    cpu: float
    memory_mb: float


def run_step(peer: Peer, name: str, store: Path, given: dict[str, Any]) -> tuple[Used, dict[str, Any]]:
    """Run a step of a system and return what it used and told; a step that fails ends the comparison."""
    with TemporaryDirectory(prefix="docent-step-") as folder:
        result, errors = Path(folder, "result.json"), Path(folder, "errors")
        task = {"step": name, "store": str(store), "result": str(result), **given}
        with errors.open("w+", encoding="utf-8") as stream:
            code, used = _measure([str(peer.python), str(STEP), str(peer.module)], json.dumps(task), stream)
        if code != 0:
            lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            raise SystemExit(f"{peer.name}: {name} ended with code {code}: {lines[-1] if lines else 'no word why'}")
        told: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return Used(used.wall, used.cpu, max(used.memory_mb, told["memory_mb"])), told


def _measure(command: list[str], given: str, errors: Any) -> tuple[int, Used]:
    started = time.perf_counter()
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=errors, stderr=errors, text=True, env={**os.environ, **ALONE}
    )
    assert child.stdin
    with child.stdin:
        child.stdin.write(given)
    with _Watch(child.pid) as watch:
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, Used(wall, usage.ru_utime + usage.ru_stime, watch.peak_mb)


class _Watch:
    """Looks now and then at how much a process and those below it hold together."""

    def __init__(self, pid: int) -> None:
        self._pid, self._ended = pid, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.peak_mb = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_EVERY_S):
            with suppress(OSError):  # one of them has ended meanwhile
                held = sum(process.held_mb for process in [Process(self._pid), *find_below(self._pid)])
                self.peak_mb = max(self.peak_mb, held)
