"""One step of one system, in a process of its own: `step.py MODULE < TASK > ...`; what came of it goes to a file.

A module of this folder has a class `System` (below). A task is JSON: step, store, paths, questions, result.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

sys.path.append(str(Path(__file__).resolve().parents[1]))

from processes import find_below

K = 10


class System(Protocol):
    """What is compared; the versions of its `packages` are told. One may have `install` too, which is not measured."""

    packages: tuple[str, ...]

    def index(self, store: Path, paths: Sequence[Path]) -> None:
        """Read documents and keep their index in the folder `store`."""

    def open(self, store: Path) -> None:
        """Make ready to find and to add."""

    def find(self, question: str, k: int) -> list[tuple[str, str]]:
        """Return (name of the document's file, text) of the `k` best pieces."""

    def add(self, path: Path) -> None:
        """Find one document more from now on, also after the process has ended."""


def install(system: Any, task: dict[str, Any]) -> dict[str, Any]:
    system.install(Path(task["store"]))
    return {}


def index(system: System, task: dict[str, Any]) -> dict[str, Any]:
    system.index(Path(task["store"]), list(map(Path, task["paths"])))
    return {"versions": {name: version(name) for name in system.packages}}


def ask(system: System, task: dict[str, Any]) -> dict[str, Any]:
    """Ask everything, after one question that is not counted: what is loaded by it belongs to the start."""
    system.open(Path(task["store"]))
    system.find(task["questions"][0], K)
    pieces: dict[tuple[str, str], int] = {}
    times_ms, hits, cpu = [], [], time.process_time()
    for question in task["questions"]:
        started = time.perf_counter()
        found = system.find(question, K)
        times_ms.append((time.perf_counter() - started) * 1000)
        hits.append([pieces.setdefault((name, text), len(pieces)) for name, text in found])
    cpu_ms = (time.process_time() - cpu) * 1000 / len(hits)
    return {"times_ms": times_ms, "cpu_ms": cpu_ms, "hits": hits, "pieces": list(pieces)}


def first(system: System, task: dict[str, Any]) -> dict[str, Any]:
    system.open(Path(task["store"]))
    return {"found": [name for name, _ in system.find(task["questions"][0], K)]}


def add(system: System, task: dict[str, Any]) -> dict[str, Any]:
    """Add in a process that is already at work, as one is that serves."""
    system.open(Path(task["store"]))
    system.find(task["questions"][0], K)
    wall, cpu = time.perf_counter(), cpu_seconds()
    system.add(Path(task["paths"][0]))
    return {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu}


def cpu_seconds() -> float:
    """Return the processor time of this process and of those that it has started, ended or not."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    at_work = sum(process.cpu_s for process in find_below(os.getpid()))
    return time.process_time() + ended.ru_utime + ended.ru_stime + at_work


STEPS = {step.__name__: step for step in (install, index, first, ask, add)}


def main() -> int:
    task = json.load(sys.stdin)
    module = Path(sys.argv[1])
    sys.path.insert(0, str(module.parent))
    told = STEPS[task["step"]](import_module(module.stem).System(), task)
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    told["memory_mb"] = int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1000
    Path(task["result"]).write_text(json.dumps(told), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
