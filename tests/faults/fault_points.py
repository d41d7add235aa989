"""Where something outside of the code can fail, and one failure: at the n-th call of one such place."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.knowledge import ingest
from app.storage import Storage, StorageError
from indexes.embedding_server import EmbeddingServerGone
from indexes.errors import IndexesError, LoadError
from indexes.faiss_index import FaissIndex
from models import db

# what jobs may raise: the rows are still due
KNOWN = (OperationalError, OSError, StorageError, IndexesError)


class Fault:
    """Counts the calls of one place while it is armed; the n-th one fails. Of 0, none does."""

    def __init__(self, n: int = 0) -> None:
        self.n, self.n_calls, self._is_armed, self._lock = n, 0, False, threading.Lock()

    @property
    def has_struck(self) -> bool:
        return 0 < self.n <= self.n_calls

    @contextmanager
    def armed(self):
        self._is_armed = True
        try:
            yield
        finally:
            self._is_armed = False

    def strikes(self) -> bool:
        with self._lock:
            self.n_calls += self._is_armed
            return self._is_armed and self.n_calls == self.n

    def before(self, real, error: Callable[[], Exception]):
        """Return a function in the place of `real` that may fail without having done anything."""

        def call(*args, **how):
            if self.strikes():
                raise error()
            return real(*args, **how)

        return call

    def after(self, real, error: Callable[[], Exception]):
        """Return one that may do its work and fail all the same, as a line that is cut before the answer."""

        def call(*args, **how):
            strikes, done = self.strikes(), real(*args, **how)
            if strikes:
                raise error()
            return done

        return call


def _lost() -> Exception:
    return OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))


def _full() -> Exception:
    return OSError(errno.ENOSPC, "No space left on device")


def _broken() -> Exception:
    return OSError(errno.EIO, "Input/output error")


def _away() -> Exception:
    return StorageError("storage", "The installation's storage can't be used now. Try again later.")


def _silent() -> Exception:
    return EmbeddingServerGone("the embedding process does not answer")


def _too_long() -> Exception:
    return LoadError("timeout")


Point = Callable[[Flask, Fault], AbstractContextManager[None]]


class _Model:
    """The embedder that there is, whose calls may fail."""

    def __init__(self, real, fault: Fault) -> None:
        self._real = real
        for name in ("embed_batch", "embed_with_spans", "embed_query"):
            setattr(self, name, fault.before(getattr(real, name), _silent))

    def __getattr__(self, name):
        return getattr(self._real, name)


def at_statements(strike: Callable[[], None]):
    """Every statement that is sent to the database; `strike` is what happens before the n-th."""

    @contextmanager
    def failing_at(app, fault: Fault):
        def listen(*_args):
            if fault.strikes():
                strike()

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            yield
        finally:
            event.remove(engine, "before_cursor_execute", listen)

    return failing_at


def _lose() -> None:
    raise _lost()


def _calls(*places, error, how=Fault.before):
    """Functions, each an owner and a name, whose calls are counted together."""

    @contextmanager
    def failing_at(_app, fault: Fault):
        with pytest.MonkeyPatch.context() as patch:
            for owner, name in places:
                patch.setattr(owner, name, how(fault, getattr(owner, name), error))
            yield

    return failing_at


@contextmanager
def _embedder(app, fault: Fault):
    outside = app.extensions["docent"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(outside._made, "embedder", _Model(outside.embedder, fault))
        yield


STORED = ("save", "open", "exists", "put_folder", "fetch_folder", "delete", "delete_folder", "list_files")
POINTS = {
    "statement": at_statements(_lose),
    "commit": _calls((Session, "commit"), error=_lost),
    "answer to a commit": _calls((Session, "commit"), error=_lost, how=Fault.after),
    "fsync": _calls((os, "fsync"), error=_broken),
    "rename": _calls((os, "rename"), (os, "replace"), error=_full),
    "copy": _calls((shutil, "copyfile"), (shutil, "copyfileobj"), error=_full),
    "scratch file": _calls((tempfile, "NamedTemporaryFile"), (tempfile, "TemporaryDirectory"), error=_full),
    "index": _calls((FaissIndex, "write"), error=_full),
    "storage": _calls(*((Storage, name) for name in STORED), error=_away),
    "embedder": _embedder,
    "parser": _calls((ingest, "parse"), error=_too_long),
}


@contextmanager
def failing(app, faults: Mapping[Point, Fault]):
    """Set up a fault at each of some places; yield what arms them all for a moment."""

    @contextmanager
    def all_armed():
        with ExitStack() as stack:
            for fault in faults.values():
                stack.enter_context(fault.armed())
            yield

    with ExitStack() as stack:
        for point, fault in faults.items():
            stack.enter_context(point(app, fault))
        yield all_armed


def spread(n_calls: int, n_wanted: int) -> list[int]:
    """Return which calls shall fail: so many as are wanted, over all of them."""
    n = min(n_calls, n_wanted)
    return [i * n_calls // n + (n_calls // n + 1) // 2 for i in range(n)]


def fail_each(app, begin: Callable[[], Any], point: Point, calls: Iterable[int]) -> tuple[int, list[str]]:
    """Tell a story anew for each call that shall fail, and check it; return how many did, and what was broken then."""
    n_struck, broken = 0, []
    for n in calls:
        fault, story = Fault(n), begin()
        try:
            with failing(app, {point: fault}) as armed:
                story.tell(armed)
            story.check()
        except (AssertionError, *KNOWN) as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            broken.append(f"when call {n} failed: {type(error).__name__} {error} ({where.name}, line {where.lineno})")
        n_struck += fault.has_struck
    return n_struck, broken
