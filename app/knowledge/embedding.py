"""Embeddings of chunks: known ones are taken from the database, only new text is embedded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from sqlalchemy import select

from app.collaborators import here
from indexes.chunker import Piece
from models import Chunk, db

if TYPE_CHECKING:
    from indexes.embedder import Embedder

SOCKET = "DOCENT_EMBEDDER_SOCKET"  # set by `run.py worker` for its work horses: they load no model


class Embedded(NamedTuple):
    """A chunk's embedding as it is stored: float16 bytes, the hash of what was embedded, and by what."""

    text_hash: str
    embedding: bytes
    name: str


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


def _known(chatbot_id: int, hashes: Sequence[str], name: str) -> dict[str, bytes]:
    query = select(Chunk.text_hash, Chunk.embedding).where(
        Chunk.chatbot_id == chatbot_id, Chunk.text_hash.in_(hashes), Chunk.embedding_name == name
    )
    return {row.text_hash: row.embedding for row in db.session.execute(query)}


def embed_pieces(chatbot_id: int, title: str, pieces: Sequence[Piece]) -> list[Embedded]:
    """Return the embeddings of pieces, in order; unchanged text of the chatbot is never embedded again."""
    model = embedder()
    inputs = {_hash(text): text for text in (embedding_input(title, p.heading, p.text) for p in pieces)}
    known = _known(chatbot_id, list(inputs), model.name)
    db.session.commit()
    missing = [key for key in inputs if key not in known]
    for key, row in zip(missing, model.embed_batch([inputs[key] for key in missing]) if missing else (), strict=True):
        known[key] = row.astype(np.float16).tobytes()
    hashes = (_hash(embedding_input(title, p.heading, p.text)) for p in pieces)
    return [Embedded(key, known[key], model.name) for key in hashes]
