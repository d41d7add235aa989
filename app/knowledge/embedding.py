"""Embeddings of chunks and of their sentences: known ones are taken from the database, only new text is embedded.

A sentence's vector is pooled from the reading of its whole chunk, which costs next to nothing and, measured, orders
hits and sentences as well as vectors made one by one (see docs/benchmarks.md).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sqlalchemy import select

from app.collaborators import here
from indexes.chunker import Piece
from indexes.sentence_vectors import pack_sentences
from indexes.sentences import Span, split_sentences
from models import Chunk, db, raw, tenancy

if TYPE_CHECKING:
    from indexes.embedder import Embedder

SOCKET = "DOCENT_EMBEDDER_SOCKET"  # set by `run.py worker` for its work horses: they load no model


RENEWED_AT_ONCE = 100


class Vectors(NamedTuple):
    """A chunk's embedding, float16 bytes, and its sentences, as `indexes.sentence_vectors` packs them."""

    embedding: bytes
    sentences: bytes


class Embedded(NamedTuple):
    """What is stored of a chunk's meaning: its vectors, the hash of what was embedded, by what, and whether now."""

    text_hash: str
    vectors: Vectors
    name: str
    is_new: bool


def embedder() -> Embedder:
    """Return the embedder: the one of this worker machine where there is one, else this process's own."""
    if os.environ.get(SOCKET):
        from indexes.embedding_server import RemoteEmbedder

        return RemoteEmbedder(os.environ[SOCKET])
    return here().embedder


def embedding_input(title: str, heading: str, text: str) -> str:
    """Return what is embedded for a chunk: with its document's title and heading, it is found by words it lacks."""
    return "\n".join(part for part in (title, heading, text) if part)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _known(chatbot_id: int, hashes: Sequence[str], name: str) -> dict[str, Vectors]:
    query = select(Chunk.text_hash, Chunk.embedding, Chunk.sentences).where(
        Chunk.chatbot_id == chatbot_id, Chunk.text_hash.in_(hashes), Chunk.embedding_name == name,
        Chunk.sentences.is_not(None),
    )  # fmt: skip
    rows = db.session.execute(query)
    return {text_hash: Vectors(vector, sentences) for text_hash, vector, sentences in rows if sentences is not None}


def embed_chunks(model: Embedder, chunks: Sequence[tuple[str, str]]) -> list[Vectors]:
    """Embed (what to embed, the chunk's text at its end) pairs, in order."""
    spans = [split_sentences(text) for _, text in chunks]
    within = [
        [Span(start + len(whole) - len(text), end + len(whole) - len(text)) for start, end in own]
        for (whole, text), own in zip(chunks, spans, strict=True)
    ]
    made = model.embed_with_spans([whole for whole, _ in chunks], within)
    return [
        Vectors(vector.astype(np.float16).tobytes(), pack_sentences(own, rows))
        for (vector, rows), own in zip(made, spans, strict=True)
    ]


def embed_pieces(chatbot_id: int, title: str, pieces: Sequence[Piece]) -> list[Embedded]:
    """Return the embeddings of pieces, in order; unchanged text of the chatbot is never embedded again."""
    model = embedder()
    inputs = [embedding_input(title, piece.heading, piece.text) for piece in pieces]
    hashes = [_hash(text) for text in inputs]
    known = _known(chatbot_id, hashes, model.name)
    db.session.commit()
    missing = {
        key: (text, piece.text) for key, text, piece in zip(hashes, inputs, pieces, strict=True) if key not in known
    }
    known |= zip(missing, embed_chunks(model, list(missing.values())), strict=True)
    return [Embedded(key, known[key], model.name, key in missing) for key in hashes]


def renew(chatbot_id: int, model: Embedder) -> Iterator[int]:
    """Embed anew what another embedding model made, and store it; yields how many are done, after each slice."""
    stale = sorted(raw.live_ids(tenancy.current(), chatbot_id, not_by=model.name))
    for start in range(0, len(stale), RENEWED_AT_ONCE):
        part = stale[start : start + RENEWED_AT_ONCE]
        rows = list(raw.read_live_chunks(tenancy.current(), chatbot_id, part))
        made = embed_chunks(model, [(embedding_input(row.title, row.heading, row.text), row.text) for row in rows])
        for row, vectors in zip(rows, made, strict=True):
            raw.renew_embedding(tenancy.current(), row.id, *vectors, model.name)
        db.session.commit()
        yield start + len(part)
