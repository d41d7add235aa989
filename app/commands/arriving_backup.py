"""A backup as it arrives: a file, or stdin; plain, or encrypted. What comes out can be read from anywhere in it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, cast

from app.commands import encrypting
from app.commands.backup_file import BLOCK, BackupError
from app.commands.encrypting import Outlet, Readable, Rejoined


@contextmanager
def arriving(path: Path | None, identity: Path | None, folder: Path) -> Iterator[IO[bytes]]:
    """Yield a backup; what is encrypted, or comes from a pipe, is copied into a file without a name in a folder.

    Raises:
        BackupError: there is no such file, it can't be read, or it is encrypted and its key is not there.
        OSError: there is no room for the copy.
    """
    with _opened(path) as source:
        head = source.read(encrypting.MAX_HEADER)
        is_encrypted = head.startswith(encrypting.MARK)
        if path is not None and not is_encrypted and source.seekable():
            source.seek(0)
            yield source
            return
        with tempfile.TemporaryFile(dir=folder) as copy:  # gone with this process, however it ends
            _copy(Rejoined(head, source), Outlet(cast("IO[bytes]", copy)), identity, is_encrypted=is_encrypted)
            copy.flush()
            copy.seek(0)
            yield cast("IO[bytes]", copy)


def _opened(path: Path | None) -> IO[bytes] | nullcontext[IO[bytes]]:
    if path is None:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {path}: check how it is spelled.") from error
    except OSError as error:
        raise BackupError(f"The file {path} can't be read ({error.strerror}).") from error


def _copy(source: Readable, outlet: Outlet, identity: Path | None, *, is_encrypted: bool) -> None:
    if not is_encrypted:
        while block := source.read(BLOCK):
            outlet.write(block)
    elif identity is None:
        raise BackupError("This backup is encrypted: name the file of its key with --identity.")
    else:
        encrypting.decrypt(source, outlet, identity)
