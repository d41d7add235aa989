"""The doctor: looks at all that an installation stands on, says what is wrong and what to do, mends what is safe.

What is mended is mended by whoever does so anyway: the sweep, the reconciler, `init`. Nothing that a person made is
ever changed or removed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.care import last_backup, machine, parts, stored
from app.care.finding import WRONG, Finding
from app.care.machine import Arrival
from app.collaborators import here
from app.knowledge import mending, sweep
from app.languages import gettext as _
from app.storage import StorageError
from indexes.artifact import build_artifact
from indexes.errors import IndexesError
from jobs import queues
from models import db, tenancy

log = logging.getLogger(__name__)

Look = Callable[[], Finding]

# by what a finding is called: each can be looked at without the others
_OF_MACHINE: dict[str, Look] = {
    "disk": machine.disk, "files": machine.files, "embedder": parts.embedder, "backup": last_backup.look,
}  # fmt: skip
_OF_PARTS: dict[str, Look] = {
    "redis": parts.redis, "queue": parts.queue, "workers": parts.workers, "scheduler": parts.scheduler,
}  # fmt: skip
_OF_ROWS: dict[str, Look] = {"clock": machine.clock, "mail": parts.mails}
_SLOW: dict[str, Look] = {
    "database-file": parts.database_file, "lost-files": stored.lost_files, "orphans": stored.orphans,
    "generations": stored.generations, "chat-model": parts.try_chat_model, "embedding": parts.try_embedder,
}  # fmt: skip


def examine(*, is_thorough: bool, arrival: Arrival | None = None) -> list[Finding]:
    """Look at everything; `is_thorough` includes what takes seconds: reading the database, listing the storage, asking
    the models. `arrival` is how a request for this came in.
    """
    with tenancy.everything():
        found = [_look("address", partial(machine.address, arrival)), *_look_at(_OF_MACHINE)]
        in_use = [_look("database", parts.database)]
        if in_use[0].state != WRONG:
            in_use.append(_look("migrations", parts.version))
        found += [*in_use, *_look_at(_OF_PARTS)]
        if all(finding.state != WRONG for finding in in_use):  # else no row can be read
            of_rows = _OF_ROWS | (_SLOW if is_thorough else {"chat-model": parts.chat_model})
            found += _look_at(of_rows)
        db.session.rollback()
    return found


def _look_at(looks: dict[str, Look]) -> Iterator[Finding]:
    return (_look(check, look) for check, look in looks.items())


def _look(check: str, look: Look) -> Finding:
    """Look at one thing. What can't be looked at is wrong, and keeps nobody from looking at the others."""
    try:
        return look()
    except (SQLAlchemyError, RedisError, StorageError, IndexesError, OSError) as error:
        log.warning("%s could not be looked at: %s", check, error)
        db.session.rollback()
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        words = _("It can't be looked at: %(error)s", error=reason)
        return Finding(check, WRONG, words, _("See that it runs, and the settings about it."))


def mend(findings: list[Finding]) -> list[str]:
    """Mend what is wrong and safe to mend; return in words what was done."""
    wrong = {finding.check for finding in findings if finding.state == WRONG}
    with tenancy.everything():
        return [done for check, repair in _REPAIRS.items() if check in wrong and (done := repair())]


def _close_files() -> str:
    machine.close_to_others()
    return _("Other users of this machine can't read the data folder any more.")


def _build_embedder() -> str:
    build_artifact(here().config.embedding_model, here().config.data_dir / "embedder")
    return _("The embedding model was built.")


def _sweep() -> str:
    return _("Files that no row named, removed: %(n)s.", n=sweep.sweep())


def _rebuild() -> str:
    rebuilt = mending.mend(mending.find_broken())
    queues.wake_training(*rebuilt)
    return _("Indexes that the worker builds again: %(n)s.", n=len(rebuilt))


_REPAIRS: dict[str, Callable[[], str]] = {
    "files": _close_files, "embedder": _build_embedder, "orphans": _sweep, "generations": _rebuild,
}  # fmt: skip


def is_well(findings: list[Finding]) -> bool:
    return all(finding.state != WRONG for finding in findings)
