"""Rows of text that is in use no more are removed in small slices: a big book holds up no other writer."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, or_, select

from models import Chunk, Document, Source, db
from models.base import change
from models.knowledge import UNFINISHED

SLICE = 500  # chunks per transaction


def earlier_documents(source_id: int, draft_id: int) -> list[int]:
    """Return what stood before a document that has just become live: the text it replaced and unfinished drafts."""
    query = select(Document.id).where(Document.source_id == source_id, Document.id < draft_id, Document.live.is_(False))
    return list(db.session.scalars(query))


def dead_documents(chatbot_id: int | None = None) -> list[int]:
    """Return documents of deleted sources, and drafts of sources that nobody reads any more."""
    query = select(Document.id).join(Source, Source.id == Document.source_id)
    query = query.where(or_(Source.deleted_at.is_not(None), Document.live.is_(False) & Source.state.not_in(UNFINISHED)))
    if chatbot_id is not None:
        query = query.where(Document.chatbot_id == chatbot_id)
    return list(db.session.scalars(query.order_by(Document.id)))


def drop_documents(document_ids: Iterable[int]) -> None:
    """Remove documents with their chunks, committing as it goes; can be killed and begun again."""
    for document_id in document_ids:
        chunks = select(Chunk.id).where(Chunk.document_id == document_id).limit(SLICE)
        while chunk_ids := list(db.session.scalars(chunks)):
            change(delete(Chunk).where(Chunk.id.in_(chunk_ids)))
            db.session.commit()
        change(delete(Document).where(Document.id == document_id))
        db.session.commit()
