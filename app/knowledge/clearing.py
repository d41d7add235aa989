"""Text that is in use no more: retired while a kept generation holds it, then removed in small slices.

A big book holds up no other writer.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from models import Chatbot, Chunk, Document, Generation, Source, Website, db
from models.base import change
from models.knowledge import UNFINISHED

SLICE = 500  # chunks per transaction


def retire(chatbot_id: int, *of_documents: ColumnElement[bool]) -> None:
    """Take live documents out of the next generation; those before go on answering from them. The caller commits.

    One that is being built may hold them too: it gets the next number.
    """
    number = select(Chatbot.version + 1).where(Chatbot.id == chatbot_id).scalar_subquery()
    change(update(Document).where(*of_documents, Document.live).values(live=False, retired_after=number))


def is_draft() -> ColumnElement[bool]:
    """Return the condition that a document was never live."""
    return Document.live.is_(False) & Document.retired_after.is_(None)


def earlier_drafts(source_id: int, draft_id: int) -> list[int]:
    """Return the drafts of tries that were cut off before the one that has just become live."""
    query = select(Document.id).where(Document.source_id == source_id, Document.id < draft_id, is_draft())
    return list(db.session.scalars(query))


def dead_documents(chatbot_id: int | None = None) -> list[int]:
    """Return documents of deleted sources, retired ones that no kept generation holds, and drafts that nobody needs."""
    query = select(Document.id).join(Source, Source.id == Document.source_id)
    query = query.where(or_(Source.deleted_at.is_not(None), _is_outlived(), is_draft() & _is_given_up()))
    if chatbot_id is not None:
        query = query.where(Document.chatbot_id == chatbot_id)
    return list(db.session.scalars(query.order_by(Document.id)))


def _is_outlived() -> ColumnElement[bool]:
    oldest = select(func.min(Generation.number)).where(Generation.chatbot_id == Document.chatbot_id).scalar_subquery()
    version = select(Chatbot.version).where(Chatbot.id == Document.chatbot_id).scalar_subquery()
    return Document.retired_after < func.coalesce(oldest, version + 2)


def _is_given_up() -> ColumnElement[bool]:
    """Return the condition that nobody goes on with the drafts of a source. Those of a crawl may wait for a yes."""
    waiting = select(Website.id).where(Website.source_id == Source.id, Website.phase == "awaiting_consent")
    return Source.state.not_in(UNFINISHED) & ~waiting.exists()


def drop_documents(document_ids: Iterable[int]) -> None:
    """Remove documents with their chunks, committing as it goes; can be killed and begun again."""
    for document_id in document_ids:
        chunks = select(Chunk.id).where(Chunk.document_id == document_id).limit(SLICE)
        while chunk_ids := list(db.session.scalars(chunks)):
            change(delete(Chunk).where(Chunk.id.in_(chunk_ids)))
            db.session.commit()
        change(delete(Document).where(Document.id == document_id))
        db.session.commit()
