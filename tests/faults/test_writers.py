"""Four writers on one SQLite file: none is told "database is locked", and none holds the others up for long."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from sqlalchemy import event, func, select

from app.knowledge import ingest, publish, sources
from models import Chatbot, Chunk, db
from tests.conftest import inside, make_customer
from tests.faults.books import write_book

SLICE_S = 0.1


class QuickEmbedder:
    """Vectors of no meaning, made in no time: what is tried here is the writing."""

    name, dimension = "quick", 384

    def embed_batch(self, texts):
        rows = np.random.default_rng(len(texts)).standard_normal((len(texts), self.dimension)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def embed_with_spans(self, texts, spans):
        return [
            (self.embed_batch([text])[0], self.embed_batch(["", *part])[1:])
            for text, part in zip(texts, spans, strict=True)
        ]

    def count_tokens(self, texts):
        return [len(text) // 5 for text in texts]


@pytest.fixture(autouse=True)
def quick(app, monkeypatch):
    monkeypatch.setitem(app.extensions["docent"]._made, "embedder", QuickEmbedder())


@pytest.fixture
def held(app):
    """Collect for how long each transaction held the write lock: seconds of processor time, whatever else runs here."""
    with inside(app):
        engine = db.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has a lock for each row, not one for all")
    found = []

    def begin(connection, *_args):
        if connection.connection.dbapi_connection.in_transaction:
            connection.info.setdefault("began", time.thread_time())

    def end(connection):
        began = connection.info.pop("began", None)
        if began is not None:
            found.append(time.thread_time() - began)

    listeners = [("before_cursor_execute", begin), ("commit", end), ("rollback", end)]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    yield found
    for name, listener in listeners:
        event.remove(engine, name, listener)


def teach(app, name):
    """Read a book, replace it by a longer one, publish: what one worker does."""
    chatbot_id = make_customer(app, name).chatbot_id
    for n_paragraphs in (300, 900):
        with inside(app):
            chatbot = db.session.get(Chatbot, chatbot_id)
            book = io.BytesIO(write_book(name, n_paragraphs).encode())
            source_id = sources.add_file(chatbot, "book.md", book).id
            db.session.commit()
            assert ingest.ingest(source_id).status == "ready"
            n_chunks = publish.publish(chatbot_id).n_chunks
    with inside(app):
        assert db.session.scalar(select(func.count(Chunk.id)).where(Chunk.chatbot_id == chatbot_id)) == n_chunks
    return n_chunks


def test_four_writers_never_see_a_locked_database(app, held):
    with ThreadPoolExecutor(4) as writers:
        assert all(writers.map(lambda n: teach(app, f"writer{n}"), range(4)))
    assert len(held) > 40
    assert max(held) < SLICE_S
