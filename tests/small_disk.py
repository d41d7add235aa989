"""A disk of a test's own, so small that it is soon full."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount a disk of a size ("2500k") at a new folder; skipped where this process may not mount one."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextmanager
def filled(folder: Path, left: int) -> Iterator[None]:
    """Fill a disk but for so many bytes, until the block ends."""
    ballast = folder / "ballast"
    usage = os.statvfs(folder)
    try:
        with ballast.open("wb") as file:
            try:
                os.posix_fallocate(file.fileno(), 0, max(1, usage.f_bavail * usage.f_frsize - left))
            except OSError as error:
                assert error.errno == errno.ENOSPC
        yield
    finally:
        ballast.unlink(missing_ok=True)
