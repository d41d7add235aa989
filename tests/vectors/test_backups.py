"""A backup of a PostgreSQL that keeps vectors, too, leaves them out, and is restored where there is no pgvector."""

from __future__ import annotations

import os
import uuid

import numpy as np
import sqlalchemy as sa

from app.commands import dumping
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import PgvectorServer
from tests.faults.postgres import PGVECTOR_PROGRAMS


def run(address, *statements):
    """Run statements, and return the first column of what the last one found."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        *_, found = [connection.execute(sa.text(statement)) for statement in statements]
        return set(found.scalars()) if found.returns_rows else set()


def test_vectors_stay_out_of_it(postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{PGVECTOR_PROGRAMS[0]}:{os.environ['PATH']}")
    server = postgres.url.replace("postgresql:", "postgresql+psycopg:")
    names = [f"{name}_{uuid.uuid4().hex[:8]}" for name in ("from", "to")]
    here, there = (server.rpartition("/")[0] + f"/{name}" for name in names)
    run(server, *(f"CREATE DATABASE {name}" for name in names))
    run(here, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    keeping = PgvectorServer(here.replace("+psycopg", ""))
    draft = PgvectorEngine(keeping, 1, uuid.uuid4()).begin(None, 4, None, ())
    draft.add([1], np.eye(4, dtype=np.float32)[:1])
    assert draft.finish() == 1
    keeping.close()

    dumping.dump(here, tmp_path / "dump", 60)
    dumping.load(there, tmp_path / "dump", 60)

    assert run(there, "SELECT id FROM kept") == {7}
    assert run(there, "SELECT extname FROM pg_extension") == {"plpgsql"}
    assert "docent_vectors" not in run(there, "SELECT nspname FROM pg_namespace")
