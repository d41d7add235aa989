"""Passages: what hits become for a reader. Numbered, titled, each knowing where it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from models import Chunk, Document, db

MAX_PASSAGES = 5
HALF_LIFE = dt.timedelta(days=30)  # of what is new


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


def load_passages(
    hits: Sequence[tuple[int, float]], limit: int = MAX_PASSAGES, *, newest: bool = False
) -> list[Passage]:
    """Return the passages of (chunk id, score) pairs, best first; chunks that are gone meanwhile are left out.

    `newest` prefers, of those that fit alike, what was read last.
    """
    scores = dict(hits)
    query = select(Chunk, Document).join(Document, Document.id == Chunk.document_id).where(Chunk.id.in_(list(scores)))
    rows = db.session.execute(query).all()
    if newest and rows:
        scores = {chunk.id: scores[chunk.id] * _freshness(document, rows) for chunk, document in rows}
    rows = sorted(rows, key=lambda row: -scores[row[0].id])
    return [_passage(n, chunk, document, scores[chunk.id]) for n, (chunk, document) in enumerate(rows[:limit], 1)]


def _freshness(document: Document, rows: Sequence[Any]) -> float:
    """Return 1 for the newest document, down to a half for those that are much older."""
    youngest = max(other.created_at for _, other in rows)
    n_halvings = (youngest - document.created_at) / HALF_LIFE
    return 0.5 + 0.5 * float(0.5**n_halvings)


def _passage(n: int, chunk: Chunk, document: Document, score: float) -> Passage:
    return Passage(
        n=n, chunk_id=chunk.id, text=chunk.text, title=document.title or document.name, document=document.name,
        heading=chunk.heading, locator=dict(chunk.locator), url=_address(document, chunk.locator), score=score,
    )  # fmt: skip


def _address(document: Document, locator: dict[str, Any]) -> str | None:
    if document.url and locator.get("anchor"):
        return f"{document.url.partition('#')[0]}#{locator['anchor']}"
    return document.url
