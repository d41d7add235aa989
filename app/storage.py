"""Uploads and published generations, over fsspec: a local folder by default, any other storage by its address."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec

_KEY = re.compile(r"[a-z0-9]+(?:/[A-Za-z0-9][A-Za-z0-9._-]*)+")
_BLOCK = 1024 * 1024


class StorageError(Exception):
    """Something can't be stored or found; `kind` is a public code, `advice` says what to do."""

    def __init__(self, kind: str, advice: str) -> None:
        super().__init__(advice)
        self.kind, self.advice = kind, advice


class Storage:
    """Named blobs and folders. Keys are our own names; nothing a visitor typed becomes a path."""

    def __init__(self, url: str) -> None:
        self._filesystem, self._root = cast("tuple[Any, str]", fsspec.core.url_to_fs(url))
        self._is_local = "file" in self._filesystem.protocol

    def _path(self, key: str) -> str:
        if not _KEY.fullmatch(key) or ".." in key:
            raise ValueError(f"{key!r} is not a storage key")
        return f"{self._root}/{key}"

    def save(self, key: str, stream: BinaryIO, max_bytes: int) -> tuple[int, str]:
        """Store a stream under a key, whole or not at all; return its size in bytes and its SHA-256.

        Raises:
            StorageError: it is larger than `max_bytes`.
        """
        path = self._path(key)
        self._filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
        draft = f"{path}.{secrets.token_hex(6)}.part"
        try:
            size, sha256 = self._copy(stream, draft, max_bytes)
            self._filesystem.mv(draft, path)
        except BaseException:
            if self._filesystem.exists(draft):
                self._filesystem.rm_file(draft)
            raise
        return size, sha256

    def _copy(self, stream: BinaryIO, draft: str, max_bytes: int) -> tuple[int, str]:
        size, hashed = 0, hashlib.sha256()
        with self._filesystem.open(draft, "wb") as file:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > max_bytes:
                    raise StorageError(
                        "limit", f"This is larger than {max_bytes // 1_000_000} MB. Split it, or ask staff."
                    )
                hashed.update(block)
                file.write(block)
            file.flush()
            if self._is_local:
                os.fsync(file.fileno())
        return size, hashed.hexdigest()

    def open(self, key: str) -> BinaryIO:
        """Return a stream of a blob.

        Raises:
            StorageError: there is none of that name.
        """
        try:
            return cast("BinaryIO", self._filesystem.open(self._path(key), "rb"))
        except FileNotFoundError as error:
            raise StorageError("missing", "The stored file is gone. Add it again.") from error

    @contextmanager
    def local_path(self, key: str) -> Iterator[Path]:
        """Yield the path of a local copy: the file itself where it is local, else a temporary one.

        Raises:
            StorageError: there is none of that name.
        """
        if self._is_local and self.exists(key):
            yield Path(self._path(key))
            return
        with tempfile.NamedTemporaryFile(prefix="docent-") as copy, self.open(key) as stream:
            shutil.copyfileobj(stream, copy, _BLOCK)
            copy.flush()
            yield Path(copy.name)

    def exists(self, key: str) -> bool:
        return bool(self._filesystem.exists(self._path(key)))

    def delete(self, key: str) -> None:
        """Delete a blob; deleting what is not there is no error."""
        if self.exists(key):
            self._filesystem.rm_file(self._path(key))

    def put_folder(self, key: str, folder: Path) -> None:
        """Store a folder's files under a key that is never written again."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            target = f"{self._path(key)}/{path.relative_to(folder).as_posix()}"
            self._filesystem.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._filesystem.put_file(str(path), target)

    def fetch_folder(self, key: str, folder: Path) -> None:
        """Bring a stored folder to the local disk, whole or not at all.

        Raises:
            StorageError: there is none of that name.
        """
        source = self._path(key)
        if not self._filesystem.isdir(source):
            raise StorageError("missing", "The stored generation is gone; it is rebuilt.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as draft:
            self._filesystem.get(f"{source}/", f"{draft}/whole/", recursive=True)
            Path(draft, "whole").rename(folder)

    def delete_folder(self, key: str) -> None:
        """Delete a stored folder; deleting what is not there is no error."""
        if self._filesystem.exists(self._path(key)):
            self._filesystem.rm(self._path(key), recursive=True)
