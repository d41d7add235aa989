"""A chatbot to teach, an embedder that counts what it is asked, and a closer look at rows and files."""

from __future__ import annotations

import io
import uuid

import pytest
from sqlalchemy import select

from app.knowledge import generations, ingest, publish, sources
from models import Chatbot, Chunk, Document, db
from tests.conftest import inside, make_customer


@pytest.fixture
def chatbot_id(app):
    """A new chatbot of ada's."""
    generations._open.clear()
    generations._damaged_at.clear()
    return make_customer(app, f"ada{uuid.uuid4().hex[:4]}").chatbot_id


class CountingEmbedder:
    """The real embedder, and how many texts it was given."""

    def __init__(self, real):
        self._real, self.n_texts = real, 0

    def __getattr__(self, name):
        return getattr(self._real, name)

    def embed_batch(self, texts):
        self.n_texts += len(texts)
        return self._real.embed_batch(texts)

    def embed_with_spans(self, texts, spans):
        self.n_texts += len(texts)
        return self._real.embed_with_spans(texts, spans)


@pytest.fixture
def counting(app):
    with inside(app):
        from app.collaborators import here

        made = here()._made
        real = here().embedder
        made["embedder"] = CountingEmbedder(real)
        yield made["embedder"]
        made["embedder"] = real


def add(app, chatbot_id, name, text):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, chatbot_id), name, io.BytesIO(text.encode()))
        db.session.commit()
        return source.id


def learn(app, chatbot_id, name, text):
    """Add a file, read it and publish; return the source's id."""
    source_id = add(app, chatbot_id, name, text)
    with inside(app):
        assert ingest.ingest(source_id).status == "ready"
        publish.publish(chatbot_id)
    return source_id


def live_text(app, chatbot_id):
    with inside(app):
        query = select(Chunk.text).join(Document, Document.id == Chunk.document_id).order_by(Chunk.id)
        return "\n".join(db.session.scalars(query.where(Chunk.chatbot_id == chatbot_id, Document.live)))
