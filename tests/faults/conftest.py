"""An installation with a Redis of its own, so that a test may stop it."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path

import pytest

from tests.conftest import make_app, make_customer
from tests.faults.installation import Installation


@pytest.fixture(scope="module")
def redis_socket():
    """A short path: the kernel takes 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="docent-") as folder:
        yield Path(folder) / "redis.sock"


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, REDIS_URL=f"unix://{redis_socket}")


@pytest.fixture(scope="module")
def installation(app, tmp_path_factory, redis_socket):
    """Redis, worker and scheduler, running."""
    found = Installation(app, tmp_path_factory.mktemp("run"), redis_socket)
    found.start("redis", "worker", "scheduler")
    yield found
    found.close()


@pytest.fixture
def chatbot_id(app):
    """A new chatbot of ada's."""
    return make_customer(app, f"ada{uuid.uuid4().hex[:4]}").chatbot_id
