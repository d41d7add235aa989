"""Uploads and published generations, over fsspec: a local folder by default, any other storage by its address.

Keys are names of our own (`uploads/<service>/<uuid>`); nothing that a visitor typed becomes a path. What is stored is
there whole or not at all: a local blob is written beside its place, synced and renamed; elsewhere it is put at once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import fsspec

from app.disk import DRAFT, copy_files, place_folder, sweep_drafts, sync
from app.languages import in_english
from app.storage_errors import StorageError, missing, plainly

__all__ = ["Storage", "StorageError"]

_KEY = re.compile(r"[a-z0-9]+(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,127}){1,8}")
_NAME = re.compile(
    r"(?:(?!\.{1,2}/)[A-Za-z0-9._-]{1,128}/){0,8}(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}"
)  # indexes hide files
_OPTIONS: dict[str, dict[str, Any]] = {  # no call waits for ever
    "s3": {"config_kwargs": {"connect_timeout": 5, "read_timeout": 30, "retries": {"max_attempts": 2}}}
}
_BUCKETS = frozenset(("s3", "s3a", "gs", "gcs", "abfs", "az"))  # have no folders; a bucket is not ours to make
_BLOCK = 1024 * 1024
_MB = 1_000_000


class Storage:
    """Named blobs and folders. Keeps nothing in memory; threads and processes may use it at once.

    Raises:
        StorageError: (when made) the address names no kind of storage that is installed here.
    """

    def __init__(self, url: str) -> None:
        self._url, self._made = url, (0, None)
        try:
            self._root = fsspec.core.url_to_fs(url, **_options_of(url))[1].rstrip("/")
            self._is_local = "file" in self._filesystem.protocol
        except (ValueError, ImportError) as error:
            raise StorageError("storage", f"STORAGE_URL names no storage that is installed here: {error}") from error

    @property
    def _filesystem(self) -> Any:
        """Return fsspec's file system; a forked process makes its own, for the other's thread has not come along."""
        process, made = self._made
        if process != os.getpid():
            made = fsspec.core.url_to_fs(self._url, **_options_of(self._url))[0]
            self._made = (os.getpid(), made)
        return made

    def _path(self, key: str) -> str:
        """Return where a key lies; refuse what is none of ours.

        Raises:
            ValueError: the key was not made here.
        """
        if not _KEY.fullmatch(key):
            raise ValueError(f"{key!r} is not a storage key")
        return f"{self._root}/{key}"

    def save(self, key: str, stream: IO[bytes], max_bytes: int) -> tuple[int, str]:
        """Store a stream under a key, whole or not at all; return its size in bytes and its SHA-256.

        Raises:
            StorageError: it is larger than `max_bytes`, or there is no room for it.
        """
        place = self._path(key)
        with plainly(), self._draft(place) as draft:
            size, sha256 = _copy(stream, draft, max_bytes)
            if self._is_local:
                Path(draft.name).replace(place)
                sync(Path(place).parent)
            else:
                self._put_file(draft.name, place)
        return size, sha256

    @contextmanager
    def _draft(self, place: str) -> Iterator[Any]:
        """Yield an empty file to be moved to a place, on the same disk where that is local; removed if left over."""
        folder = Path(place).parent if self._is_local else None
        if folder is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=DRAFT, dir=folder, delete=False) as draft:
            try:
                yield draft
            finally:
                Path(draft.name).unlink(missing_ok=True)

    def open(self, key: str) -> BinaryIO:
        """Return a stream of a blob, to be closed by the caller.

        Raises:
            StorageError: there is none of that name.
        """
        with plainly():
            return cast("BinaryIO", self._filesystem.open(self._path(key), "rb"))

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """Yield the path of a local copy: the file itself where it is local, else a temporary one.

        Raises:
            StorageError: there is none of that name.
        """
        if self._is_local:
            if not self.exists(key):
                raise missing()
            yield Path(self._path(key))
            return
        with tempfile.NamedTemporaryFile(prefix="docent-") as copy:
            with plainly(), self.open(key) as stream:
                shutil.copyfileobj(stream, copy, _BLOCK)
                copy.flush()
            yield Path(copy.name)

    def exists(self, key: str) -> bool:
        """Tell whether there is a blob of that name (a folder is none)."""
        with plainly():
            return self._is_file(self._path(key))

    def _is_file(self, place: str) -> bool:
        """Tell whether there is a file; a storage that is away is no "no", as fsspec's own `isfile` takes it."""
        try:
            return bool(self._filesystem.info(place)["type"] == "file")
        except FileNotFoundError:
            return False

    def delete(self, key: str) -> None:
        """Delete a blob; deleting what is not there is no error."""
        try:
            with plainly():
                self._filesystem.rm_file(self._path(key))
        except StorageError as error:
            if error.kind != "missing":
                raise

    def list_files(self, prefix: str) -> Iterator[tuple[str, dt.datetime]]:
        """Yield the key of every stored file below a prefix, and when it was written. What is not ours is left out.

        One folder right below the prefix is listed after the other, so that memory holds one of them at a time: where
        the prefix is a kind of file, one service.

        Raises:
            StorageError: the storage can't be used, or does not tell when a file was written.
        """
        place = self._path(f"{prefix}/any").rpartition("/")[0]
        with plainly():
            try:
                entries = self._filesystem.ls(place, detail=True)
            except FileNotFoundError:  # nothing has been stored there yet
                return
            for entry in sorted(entries, key=lambda found: str(found["name"])):
                for path, told in self._below(entry):
                    key = path.removeprefix(self._root).lstrip("/")
                    with suppress(FileNotFoundError):  # it has just been deleted
                        if _KEY.fullmatch(key):
                            yield key, self._written_at(path, told)

    def _below(self, entry: dict[str, Any]) -> Iterable[tuple[str, dict[str, Any]]]:
        """Return what a listing tells of a file, or of all the files below a folder."""
        if entry["type"] == "file":
            return [(entry["name"], entry)]
        found: dict[str, dict[str, Any]] = self._filesystem.find(entry["name"], detail=True)
        return found.items()

    def _written_at(self, path: str, told: dict[str, Any]) -> dt.datetime:
        """Read it from what the listing told; other storages are asked for each file."""
        if "mtime" in told and isinstance(told["mtime"], float):
            return dt.datetime.fromtimestamp(told["mtime"], dt.UTC)
        try:
            found: dt.datetime = told.get("LastModified") or self._filesystem.modified(path)
        except NotImplementedError as error:
            silent = in_english("This kind of storage does not tell how old its files are.")
            raise StorageError("storage", silent) from error
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)

    def sweep_drafts(self, before: dt.datetime) -> int:
        """Remove what killed writers left on the local disk before a moment; return how many. Elsewhere is none."""
        return sweep_drafts(Path(self._root), before) if self._is_local else 0

    def put_folder(self, key: str, folder: Path) -> None:
        """Store a folder's files under a key that is written once; a folder that is there already is left as it is.

        Elsewhere than on the local disk a reader may find a part of it: name the folder to readers afterwards.

        Raises:
            StorageError: there is no room for it.
        """
        place = self._path(key)
        files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
        with plainly():
            if self._is_local:
                place_folder(Path(place), lambda draft: copy_files(files, folder, draft))
                return
            for path in files:
                self._put_file(str(path), f"{place}/{path.relative_to(folder).as_posix()}")

    def _put_file(self, path: str, place: str) -> None:
        filesystem = self._filesystem
        if _BUCKETS.isdisjoint([filesystem.protocol] if isinstance(filesystem.protocol, str) else filesystem.protocol):
            filesystem.makedirs(place.rpartition("/")[0], exist_ok=True)
        filesystem.put_file(path, place)

    def fetch_folder(self, key: str, folder: Path) -> None:
        """Bring a stored folder to the local disk, whole or not at all; one that is there already is left as it is.

        Raises:
            StorageError: there is none of that name.
        """
        place = self._path(key)
        with plainly():
            found = self._filesystem.find(place)
            if not found or self._is_file(place):
                raise missing()
            place_folder(folder, lambda draft: self._get_files(found, place, draft))

    def _get_files(self, found: list[str], place: str, draft: Path) -> None:
        for path in found:
            name = path.removeprefix(place).lstrip("/")
            if not _NAME.fullmatch(name):
                strange = in_english("The storage holds a file that is not ours: %(name)s. Remove it.", name=repr(name))
                raise StorageError("storage", strange)
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            self._filesystem.get_file(path, str(draft / name))

    @contextmanager
    def local_folder(self, key: str) -> Iterator[Path]:
        """Yield the path of a stored folder: where it lies if that is the local disk, else of a copy for as long.

        Raises:
            StorageError: there is none of that name.
        """
        if self._is_local:
            yield Path(self._path(key))
            return
        with tempfile.TemporaryDirectory(prefix="docent-") as place:
            self.fetch_folder(key, Path(place) / "folder")
            yield Path(place) / "folder"

    def delete_folder(self, key: str) -> None:
        """Delete a stored folder; deleting what is not there is no error."""
        place = self._path(key)
        with plainly():
            if self._filesystem.exists(place):
                self._filesystem.rm(place, recursive=True)


def _options_of(url: str) -> dict[str, Any]:
    # other machines write too: what a listing said a minute ago is worth nothing
    return {"use_listings_cache": False, "skip_instance_cache": True, **_OPTIONS.get(url.partition("://")[0], {})}


def _copy(stream: IO[bytes], draft: IO[bytes], max_bytes: int) -> tuple[int, str]:
    """Copy a stream to a file and sync it; return its size and SHA-256."""
    size, hashed = 0, hashlib.sha256()
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > max_bytes:
            limit = f"{max_bytes / _MB:.3g} MB" if max_bytes >= _MB else f"{max_bytes} bytes"
            too_large = in_english(
                "This is larger than %(limit)s, the most that is taken. Split it, or ask staff.", limit=limit
            )
            raise StorageError("limit", too_large)
        hashed.update(block)
        draft.write(block)
    draft.flush()
    os.fsync(draft.fileno())
    return size, hashed.hexdigest()
