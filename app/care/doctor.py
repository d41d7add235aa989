"""The doctor: looks at all that an installation stands on, says what is wrong and what to do, mends what is safe.

What is mended is mended by whoever does so anyway: the sweep, the reconciler, `init`. Nothing that a person made is
ever changed or removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from app.care import last_backup, machine, parts, stored, vectors
from app.care.finding import NAMES, WRONG, Finding
from app.care.machine import Arrival
from app.care.side_by_side import Look, look_at
from app.collaborators import here
from app.knowledge import mending, sweep
from app.languages import gettext as _
from indexes.artifact import build_artifact
from jobs import queues
from models import tenancy

# by what a finding is called: each can be looked at without the others
_IN_USE: dict[str, Look] = {"database": parts.database, "migrations": parts.version}  # without them no row can be read
_OF_MACHINE: dict[str, Look] = {
    "disk": machine.disk, "files": machine.files, "embedder": parts.embedder, "backup": last_backup.look,
}  # fmt: skip
_OF_PARTS: dict[str, Look] = {
    "redis": parts.redis, "queue": parts.queue, "workers": parts.workers, "scheduler": parts.scheduler,
}  # fmt: skip
_OF_ROWS: dict[str, Look] = {"clock": machine.clock, "mail": parts.mails, "vectors": vectors.look}
_SLOW: dict[str, Look] = {
    "database-file": parts.database_file, "lost-files": stored.lost_files, "orphans": stored.orphans,
    "generations": stored.generations, "chat-model": parts.try_chat_model, "embedding": parts.try_embedder,
}  # fmt: skip


class Examination:
    """A look at everything. Going through it yields each finding as soon as it is there.

    A thorough one includes what takes seconds: reading the database, listing the storage, asking the models, and a mail
    to `mail_to`. A deep one reads every byte of published indexes. `arrival` is how a request for it came in.
    """

    def __init__(
        self, *, is_thorough: bool, is_deep: bool = False, arrival: Arrival | None = None, mail_to: str = ""
    ) -> None:
        self._looks: dict[str, Look] = {"address": partial(machine.address, arrival), **_OF_MACHINE, **_OF_PARTS}
        if mail_to:
            self._looks["mail-sent"] = partial(parts.try_mail, mail_to)
        self._of_rows = _OF_ROWS | (_SLOW if is_thorough else {"chat-model": parts.chat_model})
        if is_deep:
            self._of_rows = self._of_rows | {"index-bytes": stored.index_bytes}
        self._found: dict[str, Finding] = {}

    def __iter__(self) -> Iterator[Finding]:
        looks = self._looks | self._of_rows
        for check, look in _IN_USE.items():
            [found] = look_at({check: look})
            yield self._note(found)
            if found.state == WRONG:
                looks = self._looks
                break
        yield from map(self._note, look_at(looks))

    def _note(self, found: Finding) -> Finding:
        self._found[found.check] = found
        return found

    def awaited(self) -> list[str]:
        """Return what people call all that has not been found yet."""
        checks = _IN_USE | self._looks | self._of_rows
        return [str(name) for check, name in NAMES.items() if check in checks and check not in self._found]

    def in_order(self) -> list[Finding]:
        """Return what has been found as people read it: what others stand on comes first."""
        return [self._found[check] for check in NAMES if check in self._found]


def examine(*, is_thorough: bool, arrival: Arrival | None = None) -> list[Finding]:
    """Look at everything, and wait for all of it."""
    examination = Examination(is_thorough=is_thorough, arrival=arrival)
    for _found in examination:
        pass
    return examination.in_order()


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


def _rebuild_damaged() -> str:
    return _wake(mending.forget_damaged())


def _rebuild() -> str:
    return _wake(mending.mend(mending.find_broken()))


def _wake(rebuilt: list[int]) -> str:
    queues.wake_training(*rebuilt)
    return _("Indexes that the worker builds again: %(n)s.", n=len(rebuilt))


_REPAIRS: dict[str, Callable[[], str]] = {
    "files": _close_files, "embedder": _build_embedder, "orphans": _sweep, "generations": _rebuild,
    "index-bytes": _rebuild_damaged,
}  # fmt: skip


def is_well(findings: list[Finding]) -> bool:
    return all(finding.state != WRONG for finding in findings)
