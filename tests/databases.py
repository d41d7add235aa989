"""Databases on the server that TEST_DATABASE_URL names, made for a test and dropped after it."""

from __future__ import annotations

import os
import re
import uuid
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tests import prepared

SERVER = os.environ.get("TEST_DATABASE_URL", "")  # of PostgreSQL; without it, tests run on SQLite


@contextmanager
def on_server():
    """A connection to the given server itself, to make and drop databases."""
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", SERVER)
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        yield connection


def copy_database(template: str) -> str:
    """Make a database on the given server as a copy of another; return its name."""
    name = f"docent_{uuid.uuid4().hex[:12]}"
    with on_server() as server:
        server.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    return name


def drop_database(name: str) -> None:
    with on_server() as server:
        server.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def database_like(template: str):
    name = copy_database(template)
    try:
        yield name
    finally:
        drop_database(name)


def url_of(name: str) -> str:
    return SERVER.rsplit("/", 1)[0] + "/" + name


def initialize_database(folder: Path, artifact: Path) -> None:
    name = copy_database("template1")
    (folder / "name").write_text(name)
    prepared.initialize(folder, artifact, SECRET_KEY=uuid.uuid4().hex * 2, DATABASE_URL=url_of(name))
