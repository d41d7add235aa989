"""Looking at many things at once, so that one that hangs keeps nobody from hearing of the others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.care.finding import WRONG, Finding
from app.collaborators import context_maker
from app.languages import gettext as _
from app.languages import present, retold, speaking
from app.storage import StorageError
from indexes.errors import IndexesError
from models import db, tenancy

log = logging.getLogger(__name__)

Look = Callable[[], Finding]

MAX_REASON = 300
DEADLINE_S = 20
DEADLINE_OF_LARGE_S = 600
DEADLINE_OF_BYTES_S = 86_400  # who asks for each byte waits for it
_LARGE = {"files", "database-file", "lost-files", "orphans", "generations"}  # all of it is read, however much there is


def look_at(looks: dict[str, Look]) -> Iterator[Finding]:
    """Look at each thing in a thread of its own; yield what is found as it comes, and what has not answered in time.

    A thread that hangs is left to the deadline of whatever it asks, which is a later one.
    """
    told, open_context, language = SimpleQueue[tuple[str, Finding]](), context_maker(), present()

    def look_aside(check: str) -> None:
        with open_context(), speaking(language), tenancy.everything():
            told.put((check, _look(check, looks[check])))
            db.session.rollback()

    ends = {check: time.monotonic() + _deadline_s(check) for check in looks}
    for check in looks:
        threading.Thread(target=look_aside, args=(check,), daemon=True, name=f"look at {check}").start()
    while ends:
        next_out = min(ends, key=lambda check: ends[check])
        try:
            check, found = told.get(timeout=max(0.0, ends[next_out] - time.monotonic()))
        except Empty:
            check, found = next_out, _silent(next_out)
        if ends.pop(check, None) is not None:
            yield found


def _deadline_s(check: str) -> int:
    if check == "index-bytes":
        return DEADLINE_OF_BYTES_S
    return DEADLINE_OF_LARGE_S if check in _LARGE else DEADLINE_S


def _silent(check: str) -> Finding:
    words = _("No answer within %(n)s seconds.", n=_deadline_s(check))
    return Finding(check, WRONG, words, _("See that it runs, and the settings about it."))


def _look(check: str, look: Look) -> Finding:
    """Look at one thing. What can't be looked at is wrong, and keeps nobody from looking at the others."""
    try:
        return look()
    except (SQLAlchemyError, RedisError, StorageError, IndexesError, OSError) as error:
        log.warning("%s could not be looked at: %s", check, error)
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0][:MAX_REASON]
    except Exception as error:
        log.exception("%s could not be looked at", check)
        reason = type(error).__name__
    words = _("It can't be looked at: %(error)s", error=retold(reason))
    return Finding(check, WRONG, words, _("See that it runs, and the settings about it."))
