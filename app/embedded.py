"""The one-machine run: Redis, embedder, worker, scheduler, web server and demo website as children of one process."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.process import Child, Supervisor, answers_on_port, redis_child
from app.process.lines import as_object, behind_name

if TYPE_CHECKING:
    from config import Config

ROOT = Path(__file__).resolve().parent.parent


def _command(name: str, is_ready: Callable[[], bool] | None = None) -> Child:
    return Child(name, [sys.executable, str(ROOT / "run.py"), name], is_ready)


def children(config: Config, *, demo: bool) -> list[Child]:
    """Return the processes of an installation on one machine, in the order in which they start."""
    found: list[Child] = []
    if not config.redis_url:
        found.append(redis_child(config.data_dir, _private_socket(config)))
    host = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host
    found += [_command("worker"), _command("scheduler"), _command("web", lambda: answers_on_port(host, config.port))]
    if demo:
        found.append(_command("demo-site", lambda: answers_on_port(host, config.demo_port)))
    return found


def _private_socket(config: Config) -> Path:
    folder = config.redis_socket.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder != config.data_dir and (folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077):
        raise PermissionError(errno.EPERM, "somebody else may write there", str(folder))
    return config.redis_socket


def run(config: Config, *, demo: bool, on_ready: Callable[[], None]) -> int:
    """Start everything, call `on_ready`, and wait; Ctrl-C and SIGTERM end every child. Return the exit code."""
    shape = as_object if config.log_format == "json" else behind_name
    return Supervisor(children(config, demo=demo), shape=shape).run(on_ready)
