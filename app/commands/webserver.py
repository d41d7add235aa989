"""The web server: gunicorn with threads, because a streaming answer holds its thread for as long as it speaks."""

from __future__ import annotations

import ctypes
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from app.commands.patience import PatientWorker
from app.process.starting import starting

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


_M_ARENA_MAX = -8


class WebServer(BaseApplication):
    """Gunicorn, set up from our settings alone."""

    def __init__(self, config: Config) -> None:
        self.config = config
        super().__init__()

    def load_config(self) -> None:
        settings: dict[str, Any] = {
            "bind": f"{self.config.url_host}:{self.config.port}",
            "workers": self.config.web_workers,
            "worker_class": PatientWorker,
            "threads": self.config.web_threads,
            "timeout": 120,
            "graceful_timeout": 3,
            "keepalive": 5,
            "loglevel": "warning",
            "worker_tmp_dir": "/dev/shm",  # noqa: S108 - gunicorn's heartbeat file; on a disk it can stall
            "post_worker_init": _warm_up,
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        with starting():
            from app.factory import create_app

            return create_app(self.config)


def _warm_up(worker: Any) -> None:
    """Load the embedder in the background, once the port is open: the first visitor shall not wait for it."""

    def load() -> None:
        with worker.wsgi.app_context():
            from app.collaborators import here

            here().embedder.embed_query("warm")

    threading.Thread(target=load, daemon=True, name="warm-up").start()


def _share_memory() -> None:
    """Keep the C library to two heaps: with one for every few threads, what a thread gives back is nobody else's.

    (glibc, mallopt(3); another C library has no such call, or does nothing.)
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def run(config: Config) -> int:
    """Serve until told to stop."""
    _share_memory()
    WebServer(config).run()
    return 0
