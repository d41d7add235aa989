"""Folders that are whole or absent: filled beside their place, fsynced, sealed with checksums, renamed.

    FolderError (an IndexesError)
    ├── FolderMissing   there is nothing (or nothing sealed) at this path
    ├── FolderCorrupt   a file is missing, shorter, longer or different from what was sealed
    └── FolderTaken     somebody else published this path first; theirs stands

A kill at any line leaves either the old state or the new one, never a half (see
tests/indexes/test_store.py).
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from indexes.errors import IndexesError, Words

MANIFEST = "manifest.json"
UNFINISHED = ".part"
_UNREADABLE = Words("%(file)s can't be read: %(reason)s")


class FolderError(IndexesError):
    """A sealed folder can't be used or made; the subclass says why."""


class FolderMissing(FolderError):
    """Raised when nothing was ever published at this path."""


class FolderCorrupt(FolderError):
    """Raised when the bytes differ from what was sealed; opening again won't help, building again will."""


class FolderTaken(FolderError):
    """Raised when the path already holds a folder; a published folder is never replaced."""


@contextlib.contextmanager
def fill_folder(folder: Path) -> Iterator[Path]:
    """Give an empty sibling folder to fill; leaving the block cleanly makes it `folder`, an exception
    removes it.

    Raises: FolderTaken when `folder` holds something by then; OSError when the disk is full or not
        writable.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    sweep_unfinished(folder.parent)
    part, lock = make_part(folder)
    try:
        yield part
        _sync_path(part)
        _rename(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    finally:
        os.close(lock)
    _sync_path(folder.parent)


def sweep_unfinished(parent: Path) -> int:
    """Remove what killed writers left in `parent`; return how many. Folders still being filled are locked
    and stay.
    """
    n_removed = 0
    for part in parent.glob(f".*{UNFINISHED}"):
        with contextlib.suppress(OSError):  # locked by its writer, or removed by another sweeper
            lock = _lock(part)
            shutil.rmtree(part, ignore_errors=True)
            os.close(lock)
            n_removed += 1
    return n_removed


def seal(folder: Path, facts: Mapping[str, object]) -> None:
    """Fsync every file of `folder`, read each back, and write the manifest: `facts` plus size and SHA-256
    per file.

    The manifest carries a checksum of itself, so that no byte of the folder is unguarded.
    """
    files = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        _sync_path(path)
        files[path.relative_to(folder).as_posix()] = {"bytes": path.stat().st_size, "sha256": checksum(path)}
    for path in folder.rglob("*"):
        if path.is_dir():
            _sync_path(path)
    body = {**facts, "files": files}
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({**body, "sha256": _digest(body)}, indent=1), encoding="utf-8")
    _sync_path(manifest)


def read_sealed(folder: Path) -> dict[str, object]:
    """Check every byte of a sealed folder and return its manifest.

    Raises: FolderMissing, FolderCorrupt.
    """
    manifest = _read_manifest(folder)
    files = manifest["files"]
    if not isinstance(files, dict):
        raise FolderCorrupt(Words("%(file)s does not list its files"), file=folder / MANIFEST)
    for name, facts in files.items():
        _check_file(folder / name, facts["bytes"], facts["sha256"])
    return manifest


def checksum(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_manifest(folder: Path) -> dict[str, object]:
    try:
        raw = (folder / MANIFEST).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise FolderMissing(Words("there is nothing published at %(folder)s"), folder=folder) from None
    except OSError as error:
        raise FolderCorrupt(_UNREADABLE, file=folder / MANIFEST, reason=error.strerror) from None
    try:
        manifest = json.loads(raw)
        stated = manifest.pop("sha256")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        raise FolderCorrupt(Words("%(file)s is damaged"), file=folder / MANIFEST) from None
    if stated != _digest(manifest) or "files" not in manifest:
        raise FolderCorrupt(Words("%(file)s was changed after it was sealed"), file=folder / MANIFEST)
    return dict(manifest)


def _check_file(path: Path, n_bytes: int, sha256: str) -> None:
    try:
        if path.stat().st_size == n_bytes and checksum(path) == sha256:
            return
    except FileNotFoundError:
        raise FolderCorrupt(Words("%(file)s is missing"), file=path) from None
    except OSError as error:
        raise FolderCorrupt(_UNREADABLE, file=path, reason=error.strerror) from None
    raise FolderCorrupt(Words("%(file)s is not the file that was sealed"), file=path)


def _digest(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def make_part(folder: Path) -> tuple[Path, int]:
    """Make an empty sibling folder to work in; return it and its lock, which is held until it is closed. Whoever
    is killed meanwhile leaves it to `sweep_unfinished`.
    """
    for _ in range(100):
        part = folder.parent / f".{folder.name}.{secrets.token_hex(6)}{UNFINISHED}"
        part.mkdir()
        with contextlib.suppress(OSError):  # a sweeper came between making and locking it: make another
            lock = _lock(part)
            if part.exists():
                return part, lock
            os.close(lock)
    raise FolderError(f"can't keep a working folder in {folder.parent}: something keeps removing it")


def _lock(folder: Path) -> int:
    """An exclusive lock that the system drops when this process ends, however it ends."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _rename(part: Path, folder: Path) -> None:
    try:
        part.rename(folder)
    except OSError as error:
        if folder.exists():
            raise FolderTaken(f"{folder} exists already") from error
        raise


def _sync_path(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
