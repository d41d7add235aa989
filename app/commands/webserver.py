"""The web server: gunicorn with threads, because a streaming answer holds its thread for as long as it speaks."""

from __future__ import annotations

import ctypes
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from app import figures
from app.collaborators import here
from app.commands.patience import PatientWorker
from app.commands.server_log import ServerLog
from app.knowledge import local_copies, warming
from app.process.starting import starting

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


log = logging.getLogger(__name__)

_M_ARENA_MAX = -8
TIDY_S = 600


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
            "logger_class": ServerLog,
            "worker_tmp_dir": "/dev/shm",  # noqa: S108 - gunicorn's heartbeat file; on a disk it can stall
            "post_worker_init": _begin,
            "control_socket_disable": True,
        }
        for name, value in settings.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        with starting():
            from app.factory import create_app

            return create_app(self.config)


def _begin(worker: Any) -> None:
    figures.keep_sending(worker.wsgi)
    warming.begin(worker.wsgi)
    threading.Thread(target=_work_aside, args=(worker.wsgi,), daemon=True, name="aside").start()


def _work_aside(app: Flask) -> None:
    """Load the embedder once the port is open, as the first visitor shall not wait for it; then look after the disk."""
    _try(app, "the embedding model could not be loaded", lambda: here().embedder.embed_query("warm"))
    while True:
        time.sleep(TIDY_S)
        _try(app, "copies of generations could not be tidied", local_copies.tidy)


def _try(app: Flask, complaint: str, work: Callable[[], object]) -> None:
    try:
        with app.app_context():
            work()
    except Exception:
        log.exception(complaint)


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
