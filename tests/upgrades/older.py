"""What earlier versions left behind, put where it is needed: as the database file that it was, or in PostgreSQL."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sqlite3
import uuid
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command

from models.migrations import versioning

HERE = Path(__file__).parent
RECORDED = sorted(path for path in HERE.iterdir() if (path / "docent.sql").exists())
SHADOWS = "session_words_fts"  # SQLite's own full text; PostgreSQL makes its own from the words


def put_file(recorded: Path, place: Path) -> None:
    """Make the database file that a version left."""
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript((recorded / "docent.sql").read_text(encoding="utf-8"))


def put_uploads(recorded: Path, data_dir: Path) -> None:
    shutil.copytree(recorded / "uploads", data_dir / "storage" / "uploads")


def put_on_server(recorded: Path, file: Path, engine: sa.Engine) -> None:
    """Fill an empty database of PostgreSQL's with the rows that a version left, in the tables that it had."""
    put_file(recorded, file)
    config = versioning._config()
    command.upgrade(config, recorded.name)
    rows = rows_of(file)
    tables = reflect(engine).tables
    with engine.begin() as there:
        there.execute(
            sa.text("SET session_replication_role = replica")
        )  # in whatever order: what hangs on what is known
        for table in tables.values():
            columns, held = rows.get(table.name, ([], []))
            there.execute(table.delete())
            if held:
                there.execute(table.insert(), [read_row(table, columns, row) for row in held])
        for table in tables.values():
            _set_sequence(there, table)
        there.execute(sa.text("SET session_replication_role = DEFAULT"))


def reflect(engine: sa.Engine) -> sa.MetaData:
    found = sa.MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.exc.SAWarning)  # of indexes over expressions, which nobody asks for here
        found.reflect(engine)
    return found


def rows_of(file: Path) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """Return table -> (its columns, its rows)."""
    with closing(sqlite3.connect(file)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (name,) in names:
            if not name.startswith((SHADOWS, "sqlite_")):
                cursor = connection.execute(f'SELECT * FROM "{name}"')
                found[name] = ([column[0] for column in cursor.description], cursor.fetchall())
    return found


def read_row(table: sa.Table, columns: list[str], row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row of SQLite's as another database takes it."""
    return {name: read_value(table.columns[name], value) for name, value in zip(columns, row, strict=True)}


def _read_moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


READ = (
    (sa.Uuid, uuid.UUID), (sa.Boolean, bool), (sa.DateTime, _read_moment), (sa.Date, dt.date.fromisoformat),
    (sa.JSON, json.loads),
)  # fmt: skip


def read_value(column: sa.Column, value: Any) -> Any:
    read = next((read for kind, read in READ if isinstance(column.type, kind)), None)
    return value if value is None or read is None else read(value)


def _set_sequence(there: sa.Connection, table: sa.Table) -> None:
    """Let new rows be numbered behind those that are there."""
    if "id" in table.columns and isinstance(table.columns["id"].type, sa.Integer):
        name = there.scalar(sa.text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name})
        highest = there.scalar(sa.select(sa.func.max(table.columns["id"])))
        if name and highest:
            there.execute(sa.text("SELECT setval(:name, :highest)"), {"name": name, "highest": highest})
