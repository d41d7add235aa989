"""Making a backup of a running installation.

Files first, then the database, then the files that came meanwhile: rows name a file only once it is stored, and a file
outlives the last row that named it by an hour. So each row of the backup finds its file there.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from app.collaborators import here
from app.commands import dumping, encrypting
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


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a backup shall be. It is encrypted for `recipients`, where there are any.

    `timeout_s` is how long the database's own program may take, where it has one.
    """

    with_generations: bool = False
    recipients: tuple[str, ...] = ()
    timeout_s: float


def back_up(place: Path, wish: Wish) -> Made:
    """Write a backup of this installation to `place`, readable for its owner alone: whole or not at all.

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
            with _private_file(draft) as file:
                made = _fill(file, folder, wish)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(place)
    except OSError as error:
        raise BackupError(f"The backup can't be written to {place.parent} ({error.strerror}).") from error
    return made


def stream_out(out: IO[bytes], wish: Wish) -> Made:
    """Write a backup to a stream while it is made; its end tells whoever reads it that it is whole.

    Raises:
        BackupError: it can't be made; what has been written until then is no backup.
        BrokenPipeError: nobody reads it any more.
    """
    try:
        with _workplace(here().config.data_dir / "backup") as folder:
            made = _fill(out, folder, wish)
            out.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise BackupError(f"The backup can't be written ({error.strerror}).") from error
    return made


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


def _fill(out: IO[bytes], folder: Path, wish: Wish) -> Made:
    outlet = encrypting.Outlet(out)
    with encrypting.encrypted(outlet, wish.recipients) if wish.recipients else nullcontext(outlet) as stream:
        n_files = _pack(cast("IO[bytes]", stream), folder, wish)  # a ZIP asks of it no more than to write
    return Made(n_files, outlet.n_bytes)


def _pack(stream: IO[bytes], folder: Path, wish: Wish) -> int:
    config = here().config
    kind, revision = dumping.kind_of(config.database), str(versioning.current_version(db.engine))
    with zipfile.ZipFile(stream, "w", compresslevel=_PACKING) as archive:
        writer = BackupWriter(archive)
        _add_stored(writer, folder, with_generations=wish.with_generations)
        dumping.dump(config.database, folder / "database", wish.timeout_s)
        writer.add_file(DATABASES[kind], folder / "database", packed=True)
        _add_stored(writer, folder, with_generations=wish.with_generations)
        n_files = len(writer.sums) - 1
        _add_keys(writer)
        writer.finish(_describe(kind, revision, with_generations=wish.with_generations))
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
