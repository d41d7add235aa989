"""The one-machine run: Redis, embedder, worker, scheduler, web server and demo website as children of one process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.process import Child, Supervisor, redis_child

if TYPE_CHECKING:
    from config import Config

ROOT = Path(__file__).resolve().parent.parent


def _command(name: str, *arguments: str, **settings: object) -> Child:
    return Child(name, [sys.executable, str(ROOT / "run.py"), name, *arguments], **settings)  # type: ignore[arg-type]


def children(config: Config, *, demo: bool) -> list[Child]:
    """Return the processes of an installation on one machine, in the order in which they start."""
    found: list[Child] = []
    if not config.redis_url:
        found.append(redis_child(config.data_dir))
    found += [_command("worker"), _command("scheduler"), _command("web")]
    if demo:
        found.append(_command("demo-site"))
    return found


def run(config: Config, *, demo: bool, on_ready: Callable[[], None]) -> int:
    """Start everything, call `on_ready`, and wait; Ctrl-C and SIGTERM end every child. Return the exit code."""
    return Supervisor(children(config, demo=demo)).run(on_ready)
