"""What the doctor finds: one thing that was looked at, how it is in words, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from app.languages import lazy_gettext as _l

GOOD, WRONG, OFF = "good", "wrong", "off"
NAMES = {
    "address": _l("Address"), "disk": _l("Disk"), "files": _l("Data folder"), "embedder": _l("Embedding model"),
    "database": _l("Database"), "migrations": _l("Version of the database"), "redis": "Redis", "queue": _l("Queue"),
    "workers": _l("Workers"), "scheduler": _l("Scheduler"), "clock": _l("Clock"), "mail": _l("Mail"),
    "chat-model": _l("Chat model"), "database-file": _l("Database file"), "lost-files": _l("Files that rows name"),
    "orphans": _l("Files that no row names"), "generations": _l("Published indexes"),
    "index-bytes": _l("Bytes of published indexes"), "embedding": _l("Embedding"),
    "vectors": _l("Vectors of large chatbots"), "mail-sent": _l("Mail to yourself"), "backup": _l("Backup"),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """How one thing is. `check` names it for programs; `state` is good, wrong, or off where it is not used.

    `cure` says what to do, where something is wrong.
    """

    check: str
    state: str
    words: str
    cure: str = ""

    @property
    def name(self) -> str:
        """What people call it."""
        return str(NAMES[self.check])
