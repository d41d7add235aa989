"""Publishing: what is the same is neither embedded nor indexed again, and what another model made is made anew."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from app import answering
from app.knowledge import embedding, generations, ingest, publish, sources
from indexes.lexical_index import make_terms
from models import Chatbot, Chunk, Source, db
from tests.conftest import inside
from tests.indexes.word_embedder import WordEmbedder


@pytest.fixture
def words(monkeypatch):
    """An embedder that keeps what it was given, in the place of the real one."""
    made = WordEmbedder()
    monkeypatch.setattr(embedding, "embedder", lambda: made)
    return made


def add(chatbot_id, name, text):
    source = sources.add_file(db.session.get(Chatbot, chatbot_id), name, io.BytesIO(text.encode()))
    db.session.commit()
    assert ingest.ingest(source.id).status == "ready"
    return source.id


def make_text(topic, n_sections=6):
    return "\n\n".join(
        f"# {topic} {n}\n\nThe {topic} number {n} stands here with its own words." for n in range(n_sections)
    )


def open_index(chatbot_id):
    db.session.expire_all()
    return generations.open_current(db.session.get(Chatbot, chatbot_id))


def test_a_new_document_is_all_that_is_embedded_and_added(app, cid, words):
    with inside(app):
        add(cid.chatbot_id, "one.md", make_text("lighthouse", 12))
        publish.publish(cid.chatbot_id)
        before = set(open_index(cid.chatbot_id).vectors.ids().tolist())
        words.embedded.clear()
        new = add(cid.chatbot_id, "two.md", "# Zebras\n\nZebras have stripes.")
        published = publish.publish(cid.chatbot_id)
        assert all("ebra" in text for text in words.embedded)
        index = open_index(cid.chatbot_id)
        assert set(index.vectors.ids().tolist()) > before
        assert published.n_chunks == len(index.vectors) == len(before) + 1
        assert len(index.lexical.search(make_terms("zebras"), 5)) == 1
        sources.delete(db.session.get(Source, new))
        db.session.commit()
        publish.publish(cid.chatbot_id)
        index = open_index(cid.chatbot_id)
        assert set(index.vectors.ids().tolist()) == before
        assert index.lexical.search(make_terms("zebras"), 5) == []


def test_chunks_of_the_generation_before_are_not_read_again_unless_much_has_changed(app, ada, words):
    with inside(app):
        add(ada.chatbot_id, "one.md", make_text("lighthouse", 12))
        publish.publish(ada.chatbot_id)
        for chunk in db.session.scalars(select(Chunk).where(Chunk.chatbot_id == ada.chatbot_id)):
            chunk.text += " walrus"
        db.session.commit()
        add(ada.chatbot_id, "two.md", "# Zebras\n\nZebras have stripes.")
        publish.publish(ada.chatbot_id)
        assert open_index(ada.chatbot_id).lexical.search(make_terms("walrus"), 5) == []
        add(ada.chatbot_id, "three.md", make_text("harbor", 20))
        publish.publish(ada.chatbot_id)
        assert len(open_index(ada.chatbot_id).lexical.search(make_terms("walrus"), 50)) == 12


def test_the_same_text_again_is_not_embedded_again(app, cid, words):
    with inside(app):
        add(cid.chatbot_id, "a.md", make_text("harbor"))
        words.embedded.clear()
        add(cid.chatbot_id, "b.md", make_text("harbor") + "\n")
        assert [text for text in words.embedded if not text.startswith(("a.md", "b.md"))] == []


def test_another_embedding_model_makes_all_vectors_anew_once(app, ada, words):
    with inside(app):
        add(ada.chatbot_id, "terms.md", "# Returns\n\nGoods may be returned within forty-five days.")
        publish.publish(ada.chatbot_id)
        words.name = "words/2"
        words.embedded.clear()
        publish.publish(ada.chatbot_id)
        assert words.embedded
        names = set(db.session.scalars(select(Chunk.embedding_name).where(Chunk.chatbot_id == ada.chatbot_id)))
        assert names == {"words/2"}
        words.embedded.clear()
        publish.publish(ada.chatbot_id)
        assert words.embedded == []


def test_chunks_without_stored_sentences_are_answered_from_and_healed_by_training_again(app, cid):
    with inside(app):
        add(cid.chatbot_id, "terms.md", "# Returns\n\nUnused goods may be returned within forty-five days.")
        for chunk in db.session.scalars(select(Chunk).where(Chunk.chatbot_id == cid.chatbot_id)):
            chunk.sentences = None
        db.session.commit()
        publish.publish(cid.chatbot_id)
        question = "How long may unused goods be returned?"
        assert "forty-five" in answering.answer(db.session.get(Chatbot, cid.chatbot_id), question).text
        add(cid.chatbot_id, "again.md", "# Returns\n\nUnused goods may be returned within forty-five days. Really.")
        chunks = db.session.scalars(
            select(Chunk).where(Chunk.chatbot_id == cid.chatbot_id, Chunk.text.contains("Really"))
        )
        assert all(chunk.sentences for chunk in chunks)
