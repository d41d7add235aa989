"""Making a backup of a running installation.

Files first, then the database, then the files that came meanwhile: rows name a file only once it is stored, and a file
outlives the last row that named it by an hour. So each row of the backup finds its file there.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.collaborators import here
from app.commands import dumping
from app.commands.backup_file import (
    DATABASES,
    GENERATIONS,
    KEY_FILES,
    STORED,
    BackupError,
    BackupWriter,
    Manifest,
    mark_of,
)
from app.disk import sync
from app.storage import StorageError
from app.version import VERSION
from indexes.durable import FolderError, make_part, read_sealed, sweep_unfinished
from models import db
from models.base import now
from models.migrations import versioning

_PACKING = 1  # of zlib's 9 steps: text gets a third as large by it, in a tenth of the time that the last takes


@dataclass(frozen=True)
class Made:
    """What a backup holds: how many files beside the database, and its size in bytes as it lies there."""

    n_files: int
    size: int


def back_up(place: Path, *, with_generations: bool = False, timeout_s: float) -> Made:
    """Write a backup of this installation to `place`, readable for its owner alone: whole or not at all.

    `timeout_s` is how long the database's own program may take, where it has one.

    Raises:
        BackupError: there is something already, or it can't be made; nothing is left there.
    """
    if place.exists():
        raise BackupError(f"{place} is there already: name another file.")
    if not place.parent.is_dir():
        raise BackupError(f"There is no folder {place.parent}: make it, or name another.")
    try:
        with _workplace(place) as folder:
            draft = folder / "backup"
            n_files = _fill(draft, folder, with_generations=with_generations, timeout_s=timeout_s)
            draft.rename(place)
    except OSError as error:
        raise BackupError(f"The backup can't be written to {place.parent} ({error.strerror}).") from error
    return Made(n_files, place.stat().st_size)


@contextmanager
def _workplace(place: Path) -> Iterator[Path]:
    """Yield a folder beside a place, which is gone afterwards; what a killed backup left there goes before."""
    sweep_unfinished(place.parent)
    folder, lock = make_part(place)
    folder.chmod(0o700)
    try:
        yield folder
        sync(place.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _fill(draft: Path, folder: Path, *, with_generations: bool, timeout_s: float) -> int:
    config = here().config
    kind, revision = dumping.kind_of(config.database), str(versioning.current_version(db.engine))
    with _private_file(draft) as file:
        with zipfile.ZipFile(file, "w", compresslevel=_PACKING) as archive:
            writer = BackupWriter(archive)
            _add_stored(writer, folder, with_generations=with_generations)
            dumping.dump(config.database, folder / "database", timeout_s)
            writer.add_file(DATABASES[kind], folder / "database", packed=True)
            _add_stored(writer, folder, with_generations=with_generations)
            n_files = len(writer.sums) - 1
            _add_keys(writer)
            writer.finish(_describe(kind, revision, with_generations=with_generations))
        file.flush()
        os.fsync(file.fileno())
    return n_files


def _private_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _describe(kind: str, revision: str, *, with_generations: bool) -> Manifest:
    config = here().config
    return Manifest(
        made_at=now().isoformat(timespec="seconds"), docent=VERSION, database=kind, revision=revision,
        key_mark=mark_of(config.secret_key), has_key=_is_generated(), has_generations=with_generations,
    )  # fmt: skip


def _is_generated() -> bool:
    """Tell whether the secret key in use is the one that lies in the data folder."""
    file = here().config.secret_file
    return file.exists() and file.read_text(encoding="ascii", errors="replace").strip() == here().config.secret_key


def _add_keys(writer: BackupWriter) -> None:
    for name in KEY_FILES if _is_generated() else ():
        path = here().config.data_dir / name
        if path.exists():
            writer.add_file(f"keys/{name}", path)


def _add_stored(writer: BackupWriter, folder: Path, *, with_generations: bool) -> None:
    """Add what the storage holds and the backup does not yet."""
    for kind in STORED:
        for key, _ in here().storage.list_files(kind):
            if f"storage/{key}" not in writer.sums:
                _add_blob(writer, key)
    if with_generations:
        known = {name.rpartition("/")[0] for name in writer.sums}
        found = {"/".join(key.split("/")[:3]) for key, _ in here().storage.list_files(GENERATIONS)}
        for key in sorted(found):
            if f"storage/{key}" not in known:
                _add_generation(writer, key, folder / "generation")


def _add_blob(writer: BackupWriter, key: str) -> None:
    try:
        stream = here().storage.open(key)
    except StorageError as error:
        if error.kind != "missing":  # else its row is gone, too
            raise BackupError(f"{key} can't be read from the storage: {error}") from error
        return
    with stream:
        writer.add(f"storage/{key}", stream)


def _add_generation(writer: BackupWriter, key: str, copy: Path) -> None:
    """Add a published index, unless it was pruned or is only just being stored."""
    try:
        here().storage.fetch_folder(key, copy)
        read_sealed(copy)
        for path in sorted(path for path in copy.rglob("*") if path.is_file()):
            writer.add_file(f"storage/{key}/{path.relative_to(copy).as_posix()}", path)
    except (StorageError, FolderError):
        return
    finally:
        shutil.rmtree(copy, ignore_errors=True)
