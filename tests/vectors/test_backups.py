"""A backup of a PostgreSQL that keeps vectors, too, leaves them out, and is restored where there is no pgvector."""

from __future__ import annotations

import os
import uuid

import numpy as np
import pytest
import sqlalchemy as sa

from app.commands import dumping
from app.commands.backup_file import BackupError
from app.commands.restoring import restore
from app.process import find_free_port
from config import read_config
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import PgvectorServer
from tests.faults.postgres import PGVECTOR_PROGRAMS


def run(address, *statements):
    """Run statements, and return the first column of what the last one found."""
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with engine.connect() as connection:
        *_, found = [connection.execute(sa.text(statement)) for statement in statements]
        return set(found.scalars()) if found.returns_rows else set()


def keep_one(server):
    engine = PgvectorEngine(server, 1, uuid.uuid4())
    draft = engine.begin(None, 4, None, ())
    draft.add([1], np.eye(4, dtype=np.float32)[:1])
    assert draft.finish() == 1
    return engine


def test_vectors_stay_out_of_it(postgres, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{PGVECTOR_PROGRAMS[0]}:{os.environ['PATH']}")
    server = postgres.url.replace("postgresql:", "postgresql+psycopg:")
    names = [f"{name}_{uuid.uuid4().hex[:8]}" for name in ("from", "to")]
    here, there = (server.rpartition("/")[0] + f"/{name}" for name in names)
    run(server, *(f"CREATE DATABASE {name}" for name in names))
    run(here, "CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (7)")
    keeping = PgvectorServer(here.replace("+psycopg", ""))
    keep_one(keeping)
    keeping.close()

    dumping.dump(here, tmp_path / "dump", 60)
    dumping.load(there, tmp_path / "dump", 60)

    assert run(there, "SELECT id FROM kept") == {7}
    assert run(there, "SELECT extname FROM pg_extension") == {"plpgsql"}
    assert "docent_vectors" not in run(there, "SELECT nspname FROM pg_namespace")


def test_nothing_is_restored_beside_the_vectors_of_another_installation(postgres, tmp_path):
    """Its sweep would remove all that the backup does not name: what the other has trained since."""
    config = read_config({"DATA_DIR": str(tmp_path), "VECTOR_DATABASE_URL": postgres.url})
    server = PgvectorServer(postgres.url)
    kept = keep_one(server)
    for words in ("VECTOR_DATABASE_URL.*keeps some already", "no file"):
        with pytest.raises(BackupError, match=words):
            restore(config, tmp_path / "none.zip", None, timeout_s=60)
        kept.drop()
    server.close()
    nobody = f"postgresql://docent@127.0.0.1:{find_free_port()}/postgres"
    away = read_config({"DATA_DIR": str(tmp_path), "VECTOR_DATABASE_URL": nobody})
    with pytest.raises(BackupError, match="can't be seen"):
        restore(away, tmp_path / "none.zip", None, timeout_s=60)
