"""Four writers on one SQLite file: none is told "database is locked", and none holds the others up for long."""

from __future__ import annotations

import io
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import get_ident

import numpy as np
import pytest
from sqlalchemy import event, func, select

from app.knowledge import clearing, drafts, ingest, publish, sources
from models import Chatbot, Chunk, Document, db
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


@dataclass
class Transaction:
    """How long one held the write lock: seconds of processor time, with its commit; and the rows it put in or took out."""

    held_s: float
    rows: Counter = field(default_factory=Counter)


@pytest.fixture
def written(app):
    """Collect the transactions that write, by thread, in order."""
    with inside(app):
        engine = db.engine
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has a lock for each row, not one for all")
    found = defaultdict(list)

    def begin(connection, *_args):
        if connection.connection.dbapi_connection.in_transaction:
            connection.info.setdefault("writes", Transaction(-time.thread_time()))

    def count(connection, cursor, statement, *_args):
        if "writes" in connection.info:
            connection.info["writes"].rows[statement.split(None, 1)[0]] += max(cursor.rowcount, 0)

    def end(_dbapi_connection, record):
        if writes := record.info.pop("writes", None):
            writes.held_s += time.thread_time()
            found[get_ident()].append(writes)

    listeners = [("before_cursor_execute", begin), ("after_cursor_execute", count), ("checkin", end)]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    yield found
    for name, listener in listeners:
        event.remove(engine, name, listener)


def teach(app, name, written):
    """Read a book, replace it by shorter ones, publish each: what one worker does. Return its transactions.

    The first is cleared away with the sixth, when no generation that is kept holds it.
    """
    chatbot_id = make_customer(app, name).chatbot_id
    mine = written[get_ident()]
    mine.clear()
    for n_paragraphs in (900, 30, 31, 32, 33, 34):
        with inside(app):
            chatbot = db.session.get(Chatbot, chatbot_id)
            book = io.BytesIO(write_book(name, n_paragraphs).encode())
            source_id = sources.add_file(chatbot, "book.md", book).id
            db.session.commit()
            assert ingest.ingest(source_id).status == "ready"
            n_chunks = publish.publish(chatbot_id).n_chunks
    with inside(app):
        live = select(func.count(Chunk.id)).join(Document, Document.id == Chunk.document_id).where(Document.live)
        assert db.session.scalar(live.where(Chunk.chatbot_id == chatbot_id)) == n_chunks
        assert db.session.scalar(select(func.count(Document.id)).where(Document.chatbot_id == chatbot_id)) == 5
    return list(mine)


def test_four_writers_never_see_a_locked_database(app, written):
    with ThreadPoolExecutor(4) as writers:
        series = list(writers.map(lambda n: teach(app, f"writer{n}", written), range(4)))
    rows = [one.rows for transactions in series for one in transactions]
    assert max(each["INSERT"] for each in rows) == drafts.SLICE
    assert max(each["DELETE"] for each in rows) == clearing.SLICE
    # All four do the same: of the same transaction of each the shortest counts, so that a stolen moment is no news.
    assert max(min(one.held_s for one in same) for same in zip(*series, strict=True)) < SLICE_S
