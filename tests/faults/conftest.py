"""An installation with a Redis of its own, so that a test may stop it."""

from __future__ import annotations

import uuid

import pytest

from app.history import recording, summary
from app.knowledge import claims, generations, reconcile, sweep
from tests.conftest import make_app, make_customer, sign_in
from tests.faults.installation import Installation
from tests.faults.stories import Owner, Visitor
from tests.widget.conftest import place  # noqa: F401 - a fixture


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, REDIS_URL=f"unix://{redis_socket}")


@pytest.fixture(scope="module")
def services():
    """What of an installation runs from the beginning."""
    return ("redis", "worker", "scheduler")


@pytest.fixture(scope="module")
def installation(app, tmp_path_factory, redis_socket, services):
    """An installation whose services run."""
    found = Installation(app, tmp_path_factory.mktemp("run"), redis_socket)
    found.start(*services)
    yield found
    found.close()


@pytest.fixture
def chatbot_id(app):
    """A new chatbot of ada's."""
    return make_customer(app, f"ada{uuid.uuid4().hex[:4]}").chatbot_id


@pytest.fixture
def time_passes(monkeypatch):
    """What is waited for in life is over at once."""
    for owner, name in (
        (claims, "STALE_AFTER_S"), (reconcile, "QUEUE_PATIENCE_S"), (reconcile, "RETRY_FAILED_AFTER_S"),
        (recording, "ANSWER_PATIENCE_S"), (summary, "PATIENCE_S"), (generations, "LOOK_AGAIN_AFTER_S"),
    ):  # fmt: skip
        monkeypatch.setattr(owner, name, 0)
    monkeypatch.setattr(sweep, "AGE", 0 * sweep.AGE)


@pytest.fixture(scope="module")
def stories(app, ada, place):  # noqa: F811
    """How each story begins anew."""
    return {"owner": lambda: Owner(app, sign_in(app, ada), ada), "visitor": lambda: Visitor(app, place)}
