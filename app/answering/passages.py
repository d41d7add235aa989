"""Passages: what hits become for a reader. Numbered, titled, each knowing where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from models import Chunk, Document, db

MAX_PASSAGES = 5


@dataclass(frozen=True)
class Passage:
    """One chunk chosen for an answer. `n` counts from 1; `score` is the retriever's."""

    n: int
    chunk_id: int
    text: str
    title: str
    document: str
    heading: str
    locator: dict[str, Any]
    url: str | None
    score: float

    @property
    def where(self) -> str:
        words = [f"{name} {self.locator[name]}" for name in ("page", "slide", "sheet", "row") if name in self.locator]
        return ", ".join(words) or self.heading or "text"


def load_passages(hits: Sequence[tuple[int, float]], limit: int = MAX_PASSAGES) -> list[Passage]:
    """Return the passages of (chunk id, score) pairs, best first; chunks that are gone meanwhile are left out."""
    scores = dict(hits)
    query = select(Chunk, Document).join(Document, Document.id == Chunk.document_id).where(Chunk.id.in_(list(scores)))
    rows = sorted(db.session.execute(query).all(), key=lambda row: -scores[row[0].id])
    return [_passage(n, chunk, document, scores[chunk.id]) for n, (chunk, document) in enumerate(rows[:limit], 1)]


def _passage(n: int, chunk: Chunk, document: Document, score: float) -> Passage:
    return Passage(
        n=n, chunk_id=chunk.id, text=chunk.text, title=document.title or document.name, document=document.name,
        heading=chunk.heading, locator=dict(chunk.locator), url=_address(document, chunk.locator), score=score,
    )  # fmt: skip


def _address(document: Document, locator: dict[str, Any]) -> str | None:
    if document.url and locator.get("anchor"):
        return f"{document.url.partition('#')[0]}#{locator['anchor']}"
    return document.url
