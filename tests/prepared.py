"""Installations that have begun: made once for all test processes of a run, and copied."""

from __future__ import annotations

import atexit
import fcntl
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
NAME = "DOCENT_TESTS_FOLDER"  # the environment variable by which test processes know the folder that they share


def shared_folder() -> Path:
    """The folder of this run: made by the process that asks first, which starts the others and removes it in the end."""
    if NAME not in os.environ:
        os.environ[NAME] = tempfile.mkdtemp(prefix="docent-tests-")
        atexit.register(_remove, os.environ[NAME], os.getpid())
    return Path(os.environ[NAME])


def _remove(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # and no fork of it
        shutil.rmtree(folder, ignore_errors=True)


def initialize(folder: Path, artifact: Path, **environ: str) -> None:
    """Run `init` in this process, and let the superadmin have signed in and chosen a password."""
    from app.commands import initializing
    from config import read_config

    (folder / "embedder").symlink_to(artifact)
    config = read_config({"DATA_DIR": str(folder), **environ})
    initializing.init(config)
    engine = sa.create_engine(config.database, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE ab_user SET password_is_given = false"))


def _initialize_demo(folder: Path, artifact: Path) -> None:
    """Run `init --demo` as a start does, in a process of its own, and keep what it says: passwords are said once."""
    (folder / "embedder").symlink_to(artifact)
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    command = [sys.executable, str(ROOT / "run.py"), "init", "--demo"]
    done = subprocess.run(
        command, env={**environ, "DATA_DIR": str(folder)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stdout)


def made_once(name: str, make, artifact: Path) -> Path:
    """A folder that the first test process to ask for it has made; the others wait meanwhile. Not to be written to."""
    folder = shared_folder() / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = Path(tempfile.mkdtemp(dir=folder.parent))
            make(draft, artifact)
            draft.rename(folder)
    return folder


@functools.cache
def initialized_folder(artifact: Path) -> Path:
    """A data folder as `init` leaves it."""
    return made_once("initialized", initialize, artifact)


def copy_initialized(artifact: Path, folder: Path) -> Path:
    """Let an installation begin in a folder where `init` has been already."""
    return shutil.copytree(initialized_folder(artifact), folder, symlinks=True, dirs_exist_ok=True)


def copy_demo(artifact: Path, folder: Path) -> str:
    """Let it begin where `init --demo` has been; return what that has said, passwords and all."""
    shutil.copytree(made_once("demo", _initialize_demo, artifact), folder, symlinks=True, dirs_exist_ok=True)
    return (folder / "said.txt").read_text()


def initialized_file(artifact: Path) -> bytes:
    """A database of SQLite's as `init` leaves it."""
    return (initialized_folder(artifact) / "docent.sqlite3").read_bytes()
