"""A real PostgreSQL that keeps vectors."""

from __future__ import annotations

import pytest

from indexes.pgvector_server import PgvectorServer
from tests.faults.postgres import running_postgres


@pytest.fixture(scope="module")
def server():
    with running_postgres(with_pgvector=True) as postgres:
        server = PgvectorServer(postgres.url)
        yield server
        server.close()
