"""An installation with a real PostgreSQL beside it that may keep vectors, and a chatbot that knows something."""

from __future__ import annotations

import uuid

import pytest

from app.collaborators import here
from app.knowledge import generations
from indexes.pgvector_server import SCHEMA
from tests.conftest import inside, make_app, make_customer
from tests.faults.postgres import running_postgres
from tests.knowledge.conftest import learn

QUESTION, ANSWER = "What is the harbor master of Elmwick called?", "Rosalind"
TEXT = "\n\n".join(
    [
        f"# Harbor\n\nThe harbor master of Elmwick is called {ANSWER}.",
        *(
            f"# {name}\n\nThe {name} of Elmwick opens at {n} o'clock."
            for n, name in enumerate(("bakery", "mill", "inn"))
        ),
    ]
)


@pytest.fixture(scope="module")
def postgres():
    with running_postgres(with_pgvector=True) as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, postgres):
    folder = tmp_path_factory.mktemp("data")
    for app in make_app(folder, artifact, database_url, VECTOR_DATABASE_URL=postgres.url):
        yield app
        app.extensions["docent"].vector_server.close()


@pytest.fixture
def chatbot_id(app):
    """A chatbot of ada's that has learned where the harbor is, by FAISS."""
    forget_open()
    chatbot_id = make_customer(app, f"ada{uuid.uuid4().hex[:4]}").chatbot_id
    learn(app, chatbot_id, "harbor.md", TEXT)
    return chatbot_id


def forget_open():
    """Let this process be one that has opened nothing yet, and met nothing that is away."""
    for kept in (generations._open, generations._damaged_at, generations._silent_at):
        kept.clear()


def partitions(app):
    """The segments that have a table; the first that a generation wrote bears its uuid."""
    query = f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{SCHEMA}.vectors'::regclass"
    with inside(app), here().vector_server.connected() as connection:
        return {row[0].partition(".g_")[2] for row in connection.execute(query)}
