"""Which version a database is of, against the one that this program knows."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

FOLDER = Path(__file__).parent
NO_DATABASE = "This installation has no database yet: run `python run.py init` first."


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def check_version(engine: Engine) -> str:
    """Return what is wrong with a database's version, and what to do; empty when it is the right one."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current == script.get_current_head():
        return ""
    if current is None:
        return NO_DATABASE
    if current in {revision.revision for revision in script.walk_revisions()}:
        return "The database is of an older version: run `python run.py init`, which brings it up to date."
    return "The database is of a newer version of Docent than this program: install that version, or restore a backup."


def upgrade() -> None:
    """Bring the database up to date."""
    command.upgrade(_config(), "head")
