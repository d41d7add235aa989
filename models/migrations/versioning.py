"""Which version a database is of, against the one that this program knows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent
_REVISION = re.compile(r"^revision = [\"'](.+)[\"']", re.MULTILINE)
NO_DATABASE = "This installation has no database yet: run `python run.py init` first."
OLDER = "The database is of an older version: run `python run.py init`, which brings it up to date."
NEWER = "The database is of a newer version of Docent than this program: install that version, or restore a backup."


def known_versions() -> list[str]:
    """Return the versions of the chain, oldest first: its files are numbered.

    Read as text, because whoever only asks for the version need not load Alembic, which takes a tenth of its start.
    """
    files = sorted((FOLDER / "versions").glob("[0-9]*.py"))
    return [_REVISION.findall(file.read_text(encoding="utf-8"))[0] for file in files]


def _version_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def current_version(engine: Engine) -> str | None:
    """Return the version that a database is of; None where it is empty."""
    with engine.connect() as connection:
        return _version_of(connection)


def check_version(engine: Engine) -> str:
    """Return what is wrong with a database's version, and what to do; empty when it is the right one."""
    current, known = current_version(engine), known_versions()
    if current == known[-1]:
        return ""
    if current is None:
        return NO_DATABASE
    return OLDER if current in known else NEWER


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def upgrade(tell: Callable[[str, float], None] = lambda _revision, _seconds: None) -> None:
    """Bring the database up to date; `tell` hears of each step when it is done, and how many seconds it took."""
    from alembic import command

    config = _config()
    config.attributes["tell"] = tell
    command.upgrade(config, "head")
