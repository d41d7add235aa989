"""This machine's copies of generations: none of what is gone, and no more bytes than it was given."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import select

from app.collaborators import here
from app.disk import DRAFT, sweep_drafts
from app.storage import StorageError
from models import Generation, db, tenancy
from models.base import now

log = logging.getLogger(__name__)

AGE = dt.timedelta(hours=1)  # a writer may take as long between its files and their row
_MB = 1_000_000


class _Copy(NamedTuple):
    folder: Path
    opened_at: float  # seconds since 1970
    n_bytes: int


def generation_folder(chatbot_uuid: uuid.UUID, generation_uuid: uuid.UUID) -> Path:
    """Return where a generation lies on the local disk."""
    return here().generations_dir / str(chatbot_uuid) / str(generation_uuid)


def fetch(key: str, folder: Path) -> bool:
    """Bring a stored generation to its place on this disk; tell whether it is there."""
    try:
        here().storage.fetch_folder(key, folder)
    except (StorageError, ValueError) as error:  # gone, or named by no key of ours
        log.warning("generation %s is not in the storage either: %s", folder.name, error)
        return False
    return True


def touch(folder: Path) -> None:
    """Note that a copy was opened just now."""
    with suppress(OSError):
        os.utime(folder)


def tidy() -> int:
    """Remove copies of pruned generations, then the longest unopened ones beyond the limit; return how many.

    Each machine does it for itself: another machine's worker prunes rows and the storage, not this disk. What is open
    stays readable until it is closed, and is fetched again when it is next opened.
    """
    before = (now() - AGE).timestamp()
    copies = sorted(_copies(here().generations_dir), key=lambda copy: copy.opened_at)
    pruned = set(_pruned([copy for copy in copies if copy.opened_at < before]))
    kept = [copy for copy in copies if copy not in pruned]
    gone = [*pruned, *_beyond(kept, here().config.generation_cache_mb * _MB)]
    for copy in gone:
        _remove(copy.folder)
    return len(gone) + sweep_drafts(here().generations_dir, now() - AGE)


def _pruned(old: list[_Copy]) -> list[_Copy]:
    with tenancy.everything():
        named = set(db.session.scalars(select(Generation.uuid))) if old else set()
        db.session.rollback()
    return [copy for copy in old if uuid.UUID(copy.folder.name) not in named]


def _beyond(copies: list[_Copy], limit: int) -> list[_Copy]:
    """Return those that must go, longest unopened first, until the rest fits; the last to be opened always stays."""
    left, gone = sum(copy.n_bytes for copy in copies), []
    for copy in copies[:-1]:
        if not limit or left <= limit:
            break
        gone.append(copy)
        left -= copy.n_bytes
    return gone


def _copies(generations_dir: Path) -> Iterator[_Copy]:
    for folder in generations_dir.glob("*/*"):
        with suppress(ValueError, FileNotFoundError):  # not a generation, or it has just gone
            uuid.UUID(folder.name)
            n_bytes = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            yield _Copy(folder, folder.stat().st_mtime, n_bytes)


def _remove(folder: Path) -> None:
    """Remove a folder; who opens it meanwhile finds all of it, or nothing."""
    draft = folder.with_name(f"{DRAFT}{folder.name}")
    with suppress(OSError):
        folder.rename(draft)
    shutil.rmtree(draft, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()  # of a chatbot without any
