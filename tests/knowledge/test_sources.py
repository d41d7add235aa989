"""What is added twice, replaced, deleted: read once, replaced whole, gone at once."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from app.answering.search import search
from app.knowledge import (
    chatbots,
    claims,
    clearing,
    drafts,
    embedding,
    ingest,
    parsers,
    publish,
    reconcile,
    sources,
    sweep,
)
from indexes.embedding_server import EmbeddingServerGone
from models import Chatbot, Chunk, Document, Generation, Source, db
from tests.conftest import inside
from tests.faults.books import write_book
from tests.knowledge.conftest import add, learn, live_text


def finds(app, chatbot_id, question, text):
    with inside(app):
        return any(text in hit.text for hit in search(db.session.get(Chatbot, chatbot_id), question, k=3))


def count_rows(app, chatbot_id, *tables):
    with inside(app):
        return [
            db.session.scalar(select(func.count(table.id)).where(table.chatbot_id == chatbot_id)) for table in tables
        ]


@pytest.mark.parametrize("name", ["terms.txt", "a copy of terms.txt"])
def test_bytes_that_are_here_already_are_not_read_again(app, chatbot_id, monkeypatch, name):
    first = learn(app, chatbot_id, "terms.txt", "Parcels arrive within three days.")
    monkeypatch.setattr(ingest, "parse", lambda *_: pytest.fail("parsed again"))
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        again = sources.add_file(chatbot, name, io.BytesIO(b"Parcels arrive within three days."))
        assert (again.id, again.state) == (first, "ready")
        assert "terms.txt has the same content" in sources.describe_added([again])
        db.session.commit()
        assert ingest.ingest(again.id) is None
        assert len(sources.list_sources(chatbot)) == 1


def test_a_file_that_failed_is_read_again_when_it_is_added_again(app, chatbot_id):
    source_id = add(app, chatbot_id, "empty.txt", " ")
    with inside(app):
        assert ingest.ingest(source_id).code == "empty"
    assert add(app, chatbot_id, "empty.txt", " ") == source_id
    with inside(app):
        assert db.session.get(Source, source_id).state == "queued"


def test_new_bytes_of_a_name_replace_the_old_text_whole(app, chatbot_id, monkeypatch):
    """While the new text is being read, the old one answers; then no word of it is left."""
    learn(app, chatbot_id, "price.txt", "The annual fee for the marina berth is forty crowns.")
    seen = []
    real = ingest._swap

    def look_and_swap(*args):
        seen.append(live_text(app, chatbot_id))
        real(*args)

    monkeypatch.setattr(ingest, "_swap", look_and_swap)
    learn(app, chatbot_id, "price.txt", "The annual fee for the marina berth is fifty crowns.")
    assert "forty" in seen[0]
    assert "fifty" not in seen[0]
    assert live_text(app, chatbot_id) == "The annual fee for the marina berth is fifty crowns."
    assert count_rows(app, chatbot_id, Source) == [1]


def test_replaced_text_answers_until_the_new_is_published_and_goes_with_the_last_generation_that_held_it(
    app, chatbot_id
):
    def answers_with(words):
        return finds(app, chatbot_id, "What is the annual fee for the marina berth?", words)

    learn(app, chatbot_id, "price.txt", "The annual fee for the marina berth is forty crowns.")
    replaced = add(app, chatbot_id, "price.txt", "The annual fee for the marina berth is fifty crowns.")
    with inside(app):
        ingest.ingest(replaced)
    assert answers_with("forty"), "there is no moment without an answer"
    with inside(app):
        publish.publish(chatbot_id)
    assert (answers_with("forty"), answers_with("fifty")) == (False, True)
    with inside(app):
        for _ in range(5):
            publish.publish(chatbot_id)
    assert count_rows(app, chatbot_id, Document) == [1]
    assert finds(app, chatbot_id, "What is the annual fee for the berth?", "fifty")


def test_unchanged_text_is_never_embedded_again(app, chatbot_id, counting):
    book = write_book("log", 40, keep=40)
    learn(app, chatbot_id, "log.md", book)
    with inside(app):
        n_chunks = db.session.scalar(select(func.count(Chunk.id)).where(Chunk.chatbot_id == chatbot_id))
    assert counting.n_texts >= n_chunks
    counting.n_texts = 0
    learn(app, chatbot_id, "log.md", book + "\n\n# log part 41\n\nOne more part, about a lighthouse.")
    assert 1 <= counting.n_texts <= 3
    counting.n_texts = 0
    with inside(app):
        publish.publish(chatbot_id)
    assert counting.n_texts == 0


def test_a_cut_off_reading_goes_on_where_it_was(app, chatbot_id, counting, monkeypatch):
    """The embeddings of a draft are known to the next try."""
    monkeypatch.setattr(ingest, "SLICE", 10)
    source_id = add(app, chatbot_id, "log.md", write_book("cut", 40))
    real, calls = embedding.embed_pieces, []

    def die_at_the_third(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise EmbeddingServerGone("killed")
        return real(*args, **kwargs)

    monkeypatch.setattr(embedding, "embed_pieces", die_at_the_third)
    with inside(app):
        assert ingest.ingest(source_id) is None
        assert db.session.get(Source, source_id).state == "queued"
    n_first, counting.n_texts = counting.n_texts, 0
    assert n_first >= 20
    with inside(app):
        outcome = ingest.ingest(source_id)
        assert outcome.status == "ready"
        assert counting.n_texts <= outcome.n_chunks - 20 + 2
    assert count_rows(app, chatbot_id, Document, Chunk) == [1, outcome.n_chunks]


def test_an_embedder_that_never_comes_back_fails_the_source_in_the_end(app, chatbot_id, monkeypatch):
    source_id = add(app, chatbot_id, "log.md", "Some text.")

    def gone(*_args, **_kwargs):
        raise EmbeddingServerGone("gone")

    monkeypatch.setattr(embedding, "embed_pieces", gone)
    with inside(app):
        outcomes = [ingest.ingest(source_id) for _ in range(claims.MAX_ATTEMPTS)]
        assert outcomes[:-1] == [None] * (claims.MAX_ATTEMPTS - 1)
        assert (outcomes[-1].status, outcomes[-1].code) == ("failed", "internal")


def test_a_deleted_source_leaves_answers_at_once_and_rows_at_the_next_publish(app, chatbot_id):
    learn(app, chatbot_id, "fees.txt", "The fee for late return is nine crowns.")
    source_id = learn(app, chatbot_id, "secret.txt", "The zebra password of the vault is marmalade.")
    assert finds(app, chatbot_id, "What is the zebra password of the vault?", "marmalade")
    with inside(app):
        sources.delete(db.session.get(Source, source_id))
        db.session.commit()
    assert not finds(app, chatbot_id, "What is the zebra password of the vault?", "marmalade")
    with inside(app):
        publish.publish(chatbot_id)
        assert db.session.scalar(select(Chunk.id).where(Chunk.text.contains("marmalade"))) is None
    assert finds(app, chatbot_id, "What is the fee for late return?", "nine")


def test_deleting_the_last_source_leaves_no_generation(app, chatbot_id):
    source_id = learn(app, chatbot_id, "only.txt", "The only sentence.")
    with inside(app):
        sources.delete(db.session.get(Source, source_id))
        db.session.commit()
        assert publish.publish(chatbot_id).generation is None
        assert db.session.get(Chatbot, chatbot_id).training_status == "empty"
    assert count_rows(app, chatbot_id, Generation, Document, Chunk) == [0, 0, 0]


@pytest.mark.parametrize("what", ["source", "chatbot"])
@pytest.mark.parametrize("moment", [(drafts, "add_draft"), (drafts, "write_slice"), (ingest, "_swap")])
def test_deleting_during_a_training_leaves_no_orphans(app, chatbot_id, monkeypatch, what, moment):
    source_id = add(app, chatbot_id, "book.md", write_book("orphan", 5))
    real = getattr(*moment)

    def delete_first(*args, **values):
        with inside(app):
            if what == "source":
                sources.delete(db.session.get(Source, source_id))
            else:
                chatbots.delete(db.session.get(Chatbot, chatbot_id))
            db.session.commit()
        return real(*args, **values)

    monkeypatch.setattr(*moment, delete_first)
    with inside(app):
        assert ingest.ingest(source_id) is None
        sweep.sweep()
        assert clearing.dead_documents(chatbot_id) == []
    assert count_rows(app, chatbot_id, Document, Chunk) == [0, 0]


def test_whoever_was_superseded_writes_nothing_more(app, chatbot_id):
    source_id = add(app, chatbot_id, "a.txt", "text")
    with inside(app):
        first = claims.take(source_id)
        assert claims.take(source_id) is None, "a live claim is not taken over"
        claims.let_go(source_id)
        second = claims.take(source_id)
        assert second.fence > first.fence
        with pytest.raises(claims.Superseded):
            claims.write(first, state="ready")
        claims.write(second, state="parsing")
        db.session.commit()


def test_a_source_that_kills_its_reader_is_given_up(app, chatbot_id):
    source_id = add(app, chatbot_id, "a.txt", "text")
    with inside(app):
        for _ in range(claims.MAX_ATTEMPTS):
            assert claims.take(source_id)
            claims.let_go(source_id)
        assert claims.take(source_id) is None
        reconcile.give_up_hopeless()
        source = db.session.get(Source, source_id)
        assert (source.state, source.error_code, bool(source.error_advice)) == ("failed", "internal", True)


def add_page(app, chatbot_id, address):
    with inside(app):
        source = sources.add_url(db.session.get(Chatbot, chatbot_id), address)
        db.session.commit()
        return source.id


@pytest.mark.parametrize("click", [
    lambda app, chatbot_id: add(app, chatbot_id, "twice.txt", "the same bytes"),
    lambda app, chatbot_id: add_page(app, chatbot_id, "https://example.com/twice"),
])  # fmt: skip
def test_two_clicks_make_one_source(app, chatbot_id, click):
    with ThreadPoolExecutor(4) as clicks:
        made = list(clicks.map(lambda _: click(app, chatbot_id), range(4)))
    assert len(set(made)) == 1
    assert count_rows(app, chatbot_id, Source) == [1]


def test_a_parser_that_is_slow_keeps_its_claim(app, chatbot_id, monkeypatch):
    """A sign of life is given while C code works: nobody takes a slow file over."""
    from app.knowledge import heartbeats

    source_id = add(app, chatbot_id, "slow.txt", "slow text")
    monkeypatch.setattr(heartbeats, "BEAT_S", 0.02)
    beats = []

    def slow_parse(path, name):
        with inside(app):
            first = db.session.get(Source, source_id).heartbeat_at
        for _ in range(500):
            threading.Event().wait(0.01)
            with inside(app):
                if db.session.get(Source, source_id).heartbeat_at > first:
                    beats.append(1)
                    break
        return parsers.parse(path, name)

    monkeypatch.setattr(ingest, "parse", slow_parse)
    with inside(app):
        assert ingest.ingest(source_id).status == "ready"
    assert beats
