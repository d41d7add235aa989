"""Whether this process can answer visitors: each part it stands on is tried, under a deadline of its own."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field

from flask import Flask, current_app
from sqlalchemy import text

from app.collaborators import here
from models import db

log = logging.getLogger(__name__)

READINESS = "docent.readiness"
KEPT_S = 1.0  # however often it is asked, each part is tried once in this time
READY = "ready"


def _try_database() -> None:
    with db.engine.connect() as connection:
        connection.execute(text("SELECT version_num FROM alembic_version"))


def _try_redis() -> None:
    here().redis.ping()


def _try_embedder() -> None:
    here().embedder.embed_query("Is it there?")


@dataclass(frozen=True)
class Part:
    """Something that answers stand on; `fault` is what is said to anybody who asks, so it names no address."""

    name: str
    attempt: Callable[[], None]
    deadline_s: float
    fault: str


PARTS = (
    Part("database", _try_database, 3.0, "It can't be reached, or `run.py init` has not been run."),
    Part("redis", _try_redis, 2.0, "It can't be reached."),
    Part("artifact", _try_embedder, 5.0, "The embedding model can't be used: `run.py init` builds it again."),
)


@dataclass
class Readiness:
    """Tries the parts of one application. One that hangs is not tried again until it has come back."""

    app: Flask
    _tries: dict[str, tuple[float, Future[str]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _told: dict[str, str] = field(default_factory=dict)

    def read(self) -> dict[str, str]:
        """Return the state of each part in words: `ready`, or what is wrong."""
        tries = {part: self._begin(part) for part in PARTS}
        began = time.monotonic()
        found = {part.name: _await(part, attempt, began) for part, attempt in tries.items()}
        if found != self._told:
            self._told = found
            for name, words in found.items():
                log.log(logging.INFO if words == READY else logging.WARNING, "readiness of %s: %s", name, words)
        return found

    def _begin(self, part: Part) -> Future[str]:
        with self._lock:
            began, attempt = self._tries.get(part.name, (0.0, None))
            if attempt is None or (attempt.done() and time.monotonic() - began > KEPT_S):
                attempt = Future()
                self._tries[part.name] = time.monotonic(), attempt
                threading.Thread(target=self._try, args=(part, attempt), daemon=True, name=f"try-{part.name}").start()
            return attempt

    def _try(self, part: Part, attempt: Future[str]) -> None:
        try:
            with self.app.app_context():
                part.attempt()
        except Exception:
            log.debug("%s is not ready", part.name, exc_info=True)
            attempt.set_result(part.fault)
        else:
            attempt.set_result(READY)


def _await(part: Part, attempt: Future[str], began: float) -> str:
    try:
        return attempt.result(max(0.0, part.deadline_s - (time.monotonic() - began)))
    except NotYet:
        return f"It has not answered within {part.deadline_s:g} seconds."


def install(app: Flask) -> None:
    app.extensions[READINESS] = Readiness(app)


def read() -> dict[str, str]:
    """Return the state of each part of the current application."""
    readiness: Readiness = current_app.extensions[READINESS]
    return readiness.read()
