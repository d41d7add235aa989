"""Where hits stand, for who may open their documents."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from models import Chunk, Document, Source, db


@dataclass(frozen=True)
class Place:
    """A chunk's source and document, and the beginning of its text."""

    source_uuid: uuid.UUID
    document: str
    heading: str
    text: str


def places_of(chunk_ids: Collection[int]) -> dict[int, Place]:
    """Return where chunks stand, by id."""
    query = (
        select(Chunk.id, Source.uuid, Document.title, Document.name, Chunk.heading, Chunk.text)
        .join(Document, Document.id == Chunk.document_id)
        .join(Source, Source.id == Document.source_id)
        .where(Chunk.id.in_(list(chunk_ids)))
    )
    return {row.id: Place(row.uuid, row.title or row.name, row.heading, row.text) for row in db.session.execute(query)}
