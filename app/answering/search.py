"""Retrieval for a chatbot: its current generation, held against what is live in the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app.answering.passages import load_passages
from app.collaborators import here
from app.knowledge import embedding, generations
from indexes.retriever import Found, Hit, StoredChunk, retrieve
from indexes.store import Generation
from indexes.weighing import Retrieval, weigh
from models import Chatbot, Chunk, Document, db, raw, tenancy

MAX_QUESTION_CHARS = 2000


@dataclass(frozen=True)
class SearchHit:
    """One hit in words: where it is, and what it says."""

    document: str
    chunk: int
    score: float
    locator: dict[str, Any]
    text: str

    def to_json(self) -> dict[str, Any]:
        return {
            "document": self.document, "chunk": self.chunk, "score": round(self.score, 4), "locator": self.locator,
            "text": self.text,
        }  # fmt: skip


def _read_chunks(ids: Collection[int], embedding_name: str) -> Mapping[int, StoredChunk]:
    """Read chunks; sentence vectors that another embedding model made are left out."""
    columns = (Chunk.id, Chunk.text, Chunk.heading, Chunk.sentences, Chunk.embedding_name, Document.title)
    query = select(*columns).join(Document, Document.id == Chunk.document_id).where(Chunk.id.in_(list(ids)))
    return {
        row.id: StoredChunk(
            row.text, f"{row.title}\n{row.heading}", row.sentences if row.embedding_name == embedding_name else None
        )
        for row in db.session.execute(query)
    }


def find(chatbot: Chatbot, question: str, k: int = 10) -> Retrieval:
    """Return what a question finds; empty when nothing is published, or made by another embedding model."""
    found = generations.ask_current(chatbot, lambda generation: find_in(generation, chatbot.id, question, k))
    return found or Retrieval()


def find_in(generation: Generation, chatbot_id: int, question: str, k: int) -> Retrieval:
    """Return what a question finds in one generation of a chatbot, be it published or not."""
    found = _retrieve(generation, chatbot_id, question, k)
    return Retrieval() if found is None else weigh(found, generation, embedding.embedder(), k)


def find_hits(chatbot: Chatbot, question: str, k: int = 10) -> list[Hit]:
    """Return the best hits of a question alone: without the gate's evidence, which costs as much again."""
    found = generations.ask_current(chatbot, lambda generation: _retrieve(generation, chatbot.id, question, k))
    return [] if found is None else found.hits[:k]


def _retrieve(generation: Generation, chatbot_id: int, question: str, k: int) -> Found | None:
    model, scope, reranker = embedding.embedder(), tenancy.current(), here().reranker
    question = question.replace("\0", " ").strip()[:MAX_QUESTION_CHARS]
    if generation.manifest.embedder_name != model.name or not question:
        return None
    return retrieve(
        generation, model, question, k,
        is_live=lambda ids: raw.showable_ids(scope, chatbot_id, ids),
        read_chunks=lambda ids: _read_chunks(ids, model.name), rate=reranker.rate if reranker else None,
    )  # fmt: skip


def search(chatbot: Chatbot, question: str, k: int = 10) -> list[SearchHit]:
    """Return the best hits of a question in words, best first."""
    hits = find_hits(chatbot, question, k)
    passages = load_passages([(hit.chunk_id, hit.score) for hit in hits], limit=k)
    return [SearchHit(p.document, p.chunk_id, p.score, p.locator, p.text) for p in passages]
