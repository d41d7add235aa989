"""The chunks of a source as its owner looks through them: searched, paged, switched off and on."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from app.knowledge import chatbots
from app.languages import in_english
from models import Chunk, Document, Source, db

PAGE_SIZE = 25


@dataclass(frozen=True)
class Page:
    """Some chunks in the order of the text. `next_id`: where the next page begins; None on the last."""

    chunks: list[Chunk]
    n_found: int
    next_id: int | None


def look(source: Source, words: str = "", from_id: int = 0) -> Page:
    """Return a page of a source's live chunks whose text holds `words`, from a chunk on."""
    asked = [Document.source_id == source.id, Document.live]
    if words:
        asked.append(Chunk.text.icontains(words, autoescape=True))
    joined = select(Chunk).join(Document, Document.id == Chunk.document_id).where(*asked)
    n_found = db.session.scalar(joined.with_only_columns(func.count(Chunk.id))) or 0
    query = joined.where(Chunk.id >= from_id).options(selectinload(Chunk.document))
    found = list(db.session.scalars(query.order_by(Chunk.id).limit(PAGE_SIZE + 1)))
    following = found[PAGE_SIZE:]
    return Page(found[:PAGE_SIZE], n_found, following[0].id if following else None)


def find(source: Source, chunk_id: int) -> Chunk | None:
    query = select(Chunk).join(Document, Document.id == Chunk.document_id)
    return db.session.scalar(query.where(Chunk.id == chunk_id, Document.source_id == source.id, Document.live))


def switch(source: Source, chunk: Chunk) -> None:
    """Take a chunk out of answers, at once, or back in with the next generation. The caller commits."""
    chunk.enabled = not chunk.enabled
    chatbots.mark_due(
        source.chatbot,
        in_english("a chunk switched on") if chunk.enabled else in_english("a chunk switched off"),
        source.title,
    )


def sources_of(chunk_ids: Collection[int]) -> dict[int, uuid.UUID]:
    """Return the uuid of the source that each of these chunks is of; those that are gone are left out."""
    query = select(Chunk.id, Source.uuid).join(Document, Document.id == Chunk.document_id)
    query = query.join(Source, Source.id == Document.source_id)
    rows = db.session.execute(query.where(Chunk.id.in_(list(chunk_ids)), Source.deleted_at.is_(None)))
    return {row.id: row.uuid for row in rows}
