"""An installation whose chatbot knows a handbook, and what is done to it."""

from __future__ import annotations

import pytest

from tests.answering.conftest import HANDBOOK, Bot, teach
from tests.databases import SERVER, database_like, url_of

QUESTION = "How long may goods be returned?"


@pytest.fixture(scope="module")
def bot(app, ada):
    teach(app, ada.chatbot_id, handbook=HANDBOOK)
    return Bot(app, ada.chatbot_id)


@pytest.fixture
def empty_database():
    """An empty database on the server that was given; else none: SQLite in the data folder."""
    if not SERVER:
        yield ""
        return
    with database_like("template1") as name:
        yield url_of(name)
