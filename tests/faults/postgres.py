"""A PostgreSQL of a test's own, so that the test may crash it.

`python -m tests.faults.postgres COMMAND` runs a command with one in TEST_DATABASE_URL, if that names none yet.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.process import find_free_port

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
_FOUND = find_spec("pgserver")  # a Python package that brings a PostgreSQL with pgvector
PGVECTOR_PROGRAMS = [Path(_FOUND.origin).parent / "pginstall" / "bin"] if _FOUND and _FOUND.origin else []
_OPTIONS = "-c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=40 -c shared_buffers=16MB"
_FOR_MANY = "-c max_connections=300"


class Postgres:
    """A server in a folder of its own, on a port of its own."""

    def __init__(self, programs: Path, folder: Path, options: str = "") -> None:
        self._programs, self._folder, self._port = programs, folder, find_free_port()
        self._options = f"{_OPTIONS} {options}"
        self._user = "postgres" if os.getuid() == 0 else None  # it refuses to be started by root
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "--username", "docent", "--auth", "trust", "--no-sync", "--encoding", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://docent@127.0.0.1:{self._port}/postgres"

    @property
    def pid(self) -> int:
        """The process that all others of the server are children of."""
        return int((self._folder / "data" / "postmaster.pid").read_text().partition("\n")[0])

    @property
    def is_running(self) -> bool:
        return (self._folder / "data" / "postmaster.pid").exists()

    def start(self) -> None:
        options = f"-p {self._port} -c unix_socket_directories={self._folder} {self._options}"
        self._run("pg_ctl", "--wait", "--log", str(self._folder / "log"), "--options", options, "start")

    def crash(self) -> None:
        """End it as a power cut does: nobody is told, and what was not committed is gone."""
        self._run("pg_ctl", "--wait", "--mode", "immediate", "stop")

    def _run(self, program: str, *words: str) -> None:
        command = [str(self._programs / program), "--pgdata", str(self._folder / "data"), *words]
        subprocess.run(command, check=True, user=self._user, cwd=self._folder, stdout=subprocess.DEVNULL, timeout=60)


def _may_be_started() -> bool:
    return os.getuid() != 0 or "postgres" in {user.pw_name for user in pwd.getpwall()}


@contextmanager
def running_postgres(*, with_pgvector: bool = False, options: str = "") -> Iterator[Postgres]:
    """Run a server until the block ends; skipped where PostgreSQL is not installed."""
    installed = PGVECTOR_PROGRAMS if with_pgvector else _INSTALLED
    if not installed or not _may_be_started():
        pytest.skip("PostgreSQL is not installed here")
    with tempfile.TemporaryDirectory(prefix="docent-pg-") as name:
        server = Postgres(installed[-1], Path(name), options)
        server.start()
        try:
            yield server
        finally:
            server.crash()


def main(command: list[str]) -> int:
    if os.environ.get("TEST_DATABASE_URL"):
        return subprocess.run(command, check=False).returncode
    with running_postgres(options=_FOR_MANY) as server:
        return subprocess.run(command, env={**os.environ, "TEST_DATABASE_URL": server.url}, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except pytest.skip.Exception as reason:
        sys.exit(f"{reason}, and TEST_DATABASE_URL names none")
