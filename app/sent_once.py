"""A form that was sent is not done again: by a double click, by the back button, or by a page that is loaded again.

Each form that does something holds a random name. The first request that brings it does the work; another one with the
same name and the same content waits for it, and is led to where the first one led. Names are kept for a day in this
process, and in Redis for all; while Redis is away or slow, in this process alone. What changed nothing (a form that is
shown again, a file) may be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, flash, g, has_request_context, redirect, request
from markupsafe import Markup
from redis.exceptions import RedisError
from sqlalchemy import event

from app.caller import came_from, standing
from app.collaborators import here
from app.languages import gettext as _

if TYPE_CHECKING:
    from redis import Redis

FIELD = "once"
PATIENCE_S = 10.0  # for a request that does the same at this moment
MAX_WAITING = 4  # in a process: each holds a thread of the web server
_STEP_S = 0.05
_RUNNING, _RUNNING_S, _DONE_S = b"?", 120, 86_400


class _Memory:
    """The three commands of Redis that are needed here."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float]] = {}
        self._lock = threading.Lock()

    def set(self, key: str, value: bytes, *, ex: int, nx: bool = False) -> bool:
        with self._lock:
            self._kept = {k: kept for k, kept in self._kept.items() if kept[1] > time.monotonic()}
            if nx and key in self._kept:
                return False
            self._kept[key] = value, time.monotonic() + ex
            return True

    def get(self, key: str) -> bytes | None:
        return self._kept.get(key, (None, 0.0))[0]

    def delete(self, key: str) -> None:
        self._kept.pop(key, None)


_memory = _Memory()
_waiting = threading.BoundedSemaphore(MAX_WAITING)


def once() -> Markup:
    """Return the field by which a form is known; anew for each form that is shown."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, secrets.token_urlsafe(12))


def _key() -> str:
    """Return what tells this submission from all others: who, where, the form's name, and what was entered.

    Passwords are among that, so nobody can try out words on it who does not know the installation's key.
    """
    entered = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    files = [(name, file.filename or "", _digest(file.stream)) for name, file in request.files.items(multi=True)]
    told = (standing().member_id, request.full_path, sorted(entered), sorted(files))
    secret = str(current_app.secret_key).encode()
    return "docent:once:" + hmac.digest(secret, repr(told).encode("utf-8", "surrogatepass"), "sha256").hex()


def _digest(file: Any) -> bytes:
    """Return what another file of the same name does not have: who went back may have mended it meanwhile."""
    found = hashlib.file_digest(file, "blake2b").digest()
    file.seek(0)
    return found


def _is_named() -> bool:
    is_page = request.method == "POST" and request.endpoint and request.blueprint != "widget"
    return bool(is_page and not request.path.startswith("/api/") and request.form.get(FIELD))


def _begin() -> Any:
    """Let the first one through; answer the others once it is done."""
    if not _is_named():
        return None
    key = _key()
    where = None if _is_first(key, here().asking_redis()) else _wait(key)
    if where is not None:
        return _lead_on(where)
    g.sent_once, g.has_committed = key, False
    return None


def _is_first(key: str, asking: AbstractContextManager[Redis]) -> bool:
    """Note that a form is being worked on; False where it is already, here or, as far as Redis tells, anywhere."""
    if not _memory.set(key, _RUNNING, nx=True, ex=_RUNNING_S):
        return False
    g.once_in_redis = False
    with suppress(RedisError, OSError), asking as redis:
        g.once_in_redis = bool(redis.set(key, _RUNNING, nx=True, ex=_RUNNING_S))
        if not g.once_in_redis:
            _memory.delete(key)
            return False
    return True


def _wait(key: str) -> str | None:
    """Return where the first one led, empty if that takes too long; None: it changed nothing, so this one is let in."""
    until = time.monotonic() + PATIENCE_S
    if not _waiting.acquire(blocking=False):
        return ""
    try:
        while not _is_first(key, nullcontext(here().redis)):
            where = _where_it_led(key)
            if where is not None:
                return where
            if time.monotonic() > until:
                return ""
            time.sleep(_STEP_S)
        return None
    finally:
        _waiting.release()


def _where_it_led(key: str) -> str | None:
    """Return where the first one led, None until it is done."""
    where: Any = _memory.get(key)
    if where is None:
        with suppress(RedisError, OSError):
            where = here().redis.get(key)
    return where.decode(errors="replace") if isinstance(where, bytes) and where != _RUNNING else None


def _lead_on(where: str) -> Any:
    flash(_("That was sent twice. It was done once."), "info")
    return redirect(where or came_from(), 303)


def _finish(response: Response) -> Response:
    key = g.pop("sent_once", None)
    if key is None:
        return response
    is_done = g.get("has_committed") and "Content-Disposition" not in response.headers
    where = (response.location or "").encode() if is_done else None
    _note(_memory, key, where)
    # what it was told of must be told the end, too, however slow it is
    asking = nullcontext(here().redis) if g.once_in_redis else here().asking_redis()
    with suppress(RedisError, OSError), asking as redis:
        _note(redis, key, where)
    return response


def _note(store: _Memory | Redis, key: str, where: bytes | None) -> None:
    """Note where a form led; None: it changed nothing, and may be sent again."""
    if where is None:
        store.delete(key)
    else:
        store.set(key, where, ex=_DONE_S)


def _note_commit(_session: Any) -> None:
    if has_request_context():
        g.has_committed = True


def watch(session: Any) -> None:
    """Notice when a request has changed something."""
    event.listen(session, "after_commit", _note_commit)


def install(app: Flask) -> None:
    """Call it after the CSRF protection: what that refuses was not sent."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.jinja_env.globals.update(once=once)
