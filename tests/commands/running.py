"""Runs `run.py` as an operator does: a process of its own, judged by what it prints and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "run.py")]
_OURS = ("DATA_DIR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "HOST", "BASE_URL", "OPENAI_BASE_URL")


def environ_of(folder, **settings):
    """The environment of a run on a data folder, with nothing of this process's own settings."""
    environ = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**environ, "DATA_DIR": str(folder), **settings}


def run(folder, *argv, text=True, **settings):
    """Run a command to its end. Settings are environment variables."""
    return subprocess.run(
        [*COMMAND, *map(str, argv)], env=environ_of(folder, **settings), cwd=ROOT, capture_output=True,
        text=text, timeout=90, check=False,
    )  # fmt: skip


def assert_plain(done, *words):
    """It failed with one plain sentence that holds these words: no traceback, nothing on stdout."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.startswith("docent: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
