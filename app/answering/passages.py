"""Passages: what hits become for a reader. Numbered, titled, each knowing where it stands.

What says the same again is left out, one document does not keep all others out, neighbors stand beside each other as in
their document (each keeps its own number, so that a citation tells its own page), and all fit into a budget.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from typing import Any

from sqlalchemy import Row, select

from indexes.lexical_index import make_terms
from indexes.retriever import Hit
from models import Chunk, Document, db

MAX_PASSAGES = 5
N_READ = 8  # hits of which those are chosen
MAX_OF_ONE = 4  # passages of one document, while another has one too
MAX_BYTES = 8000  # of all of them, about 2,000 tokens
ALIKE = 0.8  # the share of terms that two passages have in common, from which they say the same
HALF_LIFE = dt.timedelta(days=30)  # of what is new
_COLUMNS = (
    Chunk.id, Chunk.text, Chunk.heading, Chunk.locator, Chunk.position,
    Document.title, Document.name, Document.url, Document.created_at,
)  # fmt: skip


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
    position: int = 0  # within its document, from 0

    @property
    def where(self) -> str:
        words = [f"{name} {self.locator[name]}" for name in ("page", "slide", "sheet", "row") if name in self.locator]
        return ", ".join(words) or self.heading or "text"


def choose_passages(hits: Sequence[Hit], *, newest: bool = False) -> list[Passage]:
    """Return what an answer is made from, of the best hits: see the head of this module."""
    best = load_passages([(hit.chunk_id, hit.score) for hit in hits[:N_READ]], N_READ, newest=newest)
    chosen = _cut(_mix(_drop_repeats(best)))
    return [replace(passage, n=n) for n, passage in enumerate(_join_neighbors(chosen), 1)]


def _drop_repeats(passages: Sequence[Passage]) -> list[Passage]:
    kept: list[tuple[Passage, frozenset[str]]] = []
    for passage in passages:
        terms = frozenset(make_terms(passage.text))
        if not any(len(terms & other) >= ALIKE * len(terms | other) for _, other in kept):
            kept.append((passage, terms))
    return [passage for passage, _ in kept]


def _mix(passages: Sequence[Passage]) -> list[Passage]:
    """Return the first ones, the best of another document among them where there is one."""
    first, rest = list(passages[:MAX_PASSAGES]), passages[MAX_PASSAGES:]
    other = next((p for p in rest if p.document != first[0].document), None)
    is_of_one = len(first) > MAX_OF_ONE and all(p.document == first[0].document for p in first)
    return [*first[:MAX_OF_ONE], other] if is_of_one and other else first


def _cut(passages: Sequence[Passage]) -> list[Passage]:
    """Return as many as fit into the budget; the best in any case."""
    sizes = accumulate(len(passage.text.encode()) for passage in passages)
    fitting = [passage for passage, size in zip(passages, sizes, strict=True) if size <= MAX_BYTES]
    return fitting or list(passages[:1])


def _join_neighbors(passages: Sequence[Passage]) -> list[Passage]:
    """Put each passage beside its neighbor in the document, in the document's order; the best leads otherwise."""
    groups: list[list[Passage]] = []
    for passage in passages:
        near = [group for group in groups if any(_are_neighbors(passage, other) for other in group)]
        first = groups.index(near[0]) if near else len(groups)
        others = [group for group in groups if group not in near]
        groups = [*others[:first], [passage, *chain.from_iterable(near)], *others[first:]]
    return [passage for group in groups for passage in sorted(group, key=lambda p: p.position)]


def _are_neighbors(one: Passage, other: Passage) -> bool:
    return one.document == other.document and abs(one.position - other.position) == 1


def load_passages(
    hits: Sequence[tuple[int, float]], limit: int = MAX_PASSAGES, *, newest: bool = False
) -> list[Passage]:
    """Return the passages of (chunk id, score) pairs, best first; chunks that are gone meanwhile are left out.

    `newest` prefers, of those that fit alike, what was read last.
    """
    scores = dict(hits)
    query = select(*_COLUMNS).join(Document, Document.id == Chunk.document_id).where(Chunk.id.in_(list(scores)))
    rows = db.session.execute(query).all()
    if newest and rows:
        youngest = max(row.created_at for row in rows)
        scores = {row.id: scores[row.id] * _freshness(youngest - row.created_at) for row in rows}
    rows = sorted(rows, key=lambda row: -scores[row.id])
    return [_passage(n, row, scores[row.id]) for n, row in enumerate(rows[:limit], 1)]


def _freshness(behind: dt.timedelta) -> float:
    """Return 1 for the newest document, down to a half for those that are much older."""
    return 0.5 + 0.5 * float(0.5 ** (behind / HALF_LIFE))


def _passage(n: int, row: Row[Any], score: float) -> Passage:
    return Passage(
        n=n, chunk_id=row.id, text=row.text, title=row.title or row.name, document=row.name, heading=row.heading,
        locator=dict(row.locator), url=_address(row.url, row.locator), score=score, position=row.position,
    )  # fmt: skip


def _address(url: str | None, locator: dict[str, Any]) -> str | None:
    if url and locator.get("anchor"):
        return f"{url.partition('#')[0]}#{locator['anchor']}"
    return url
