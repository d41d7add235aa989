"""A whole database as one file, taken while others write, and such a file put into an empty database.

SQLite's own backup copies one moment in one step: writers go on in the write-ahead log. PostgreSQL's tools do the same
by a snapshot; they are asked as programs, with a deadline, and get the password by the environment, which `ps` does not
show.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url

from app.commands.backup_file import BackupError
from indexes.pgvector_server import SCHEMA
from models.engine import BUSY_TIMEOUT_S

# Vectors that the server keeps for large chatbots are built again, also where there is no pgvector.
_WITHOUT_VECTORS = (f"--exclude-schema={SCHEMA}", "--extension=plpgsql")
_MAX_WORDS = 300  # of what a program complains


def kind_of(address: str) -> str:
    """Return `sqlite` or `postgresql`."""
    return make_url(address).get_backend_name()


def dump(address: str, place: Path, timeout_s: float) -> None:
    """Write what a database holds at this moment into a new file.

    Raises:
        BackupError: it is damaged, can't be read, took too long, or the program for it is not installed.
    """
    url = make_url(address)
    if url.get_backend_name() == "sqlite":
        _copy_file(Path(url.database or ""), place)
    else:
        options = ["--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--lock-wait-timeout=30000"]
        _run("pg_dump", url, [*options, *_WITHOUT_VECTORS, f"--file={place}"], timeout_s)


def load(address: str, place: Path, timeout_s: float) -> None:
    """Put a file that `dump` wrote into a database of PostgreSQL's, whole or not at all.

    Raises:
        BackupError: it could not be put in.
    """
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"]
    _run("pg_restore", make_url(address), [*options, str(place)], timeout_s)


def _copy_file(source: Path, place: Path) -> None:
    uri = f"file:{quote(str(source))}?mode=rw"  # makes none; read-only it could not look into the write-ahead log
    try:
        with (
            closing(sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)) as live,
            closing(sqlite3.connect(place)) as copy,
        ):
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            complaint = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be copied ({error}).") from error
    if complaint != "ok":
        raise BackupError(f"The database file is damaged ({complaint}): a backup of it would be worth nothing.")


def _run(program: str, url: URL, arguments: list[str], timeout_s: float) -> None:
    if shutil.which(program) is None:
        raise BackupError(
            f"{program} is not installed: it comes with PostgreSQL's client, of the server's version or later."
        )
    plain = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environ = {**os.environ, "PGCONNECT_TIMEOUT": "10"} | ({"PGPASSWORD": str(url.password)} if url.password else {})
    command = [program, f"--dbname={plain}", "--no-password", *arguments]
    try:
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        raise BackupError(f"{program} took longer than {timeout_s:g} seconds: give it more with --timeout.") from None
    if done.returncode:
        reason = " ".join(done.stderr.split())[:_MAX_WORDS]
        raise BackupError(f"{program} could not do it: {reason or f'it ended with {done.returncode}'}")
