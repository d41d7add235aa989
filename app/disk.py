"""Files and folders of the local disk that are there whole or not at all: written as drafts, synced, renamed."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

DRAFT = ".draft-"


def sweep_drafts(folder: Path, before: dt.datetime) -> int:
    """Remove drafts of files and folders, at any depth, that were last touched before a moment; return how many."""
    old = [path for path in folder.rglob(f"{DRAFT}*") if _touched_at(path) < before.timestamp()]
    for path in old:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return len(old)


def _touched_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()  # its writer is just done


def copy_files(files: list[Path], folder: Path, draft: Path) -> None:
    for path in files:
        copy = draft / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def place_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fill a draft beside a folder's place, sync it, and rename it there; the first of several to come wins."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.exists():
        return
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder.parent) as name:
        draft = Path(name) / "whole"
        draft.mkdir(mode=0o700)
        fill(draft)
        for path in (draft, *draft.rglob("*")):
            sync(path)
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    sync(folder.parent)


def sync(path: Path) -> None:
    """Bring a file or a folder's list of names to the disk, so that it is there after a power cut (fsync(2))."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
