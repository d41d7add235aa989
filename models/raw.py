"""Core statements on owned tables: bulk work that the ORM is too slow for. Each takes the scope and holds to it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import insert, select

from models.base import Model, db
from models.knowledge import Chunk, Document, Source
from models.tenancy import RAW, ForeignRowError, Scope

_SENT_FROM_HERE = {RAW: True}


class ChunkRow(NamedTuple):
    """What an index needs of a chunk."""

    id: int
    text: str
    heading: str
    embedding: bytes
    embedding_name: str
    title: str
    document_id: int


def insert_chunks(scope: Scope, rows: list[dict[str, Any]]) -> None:
    """Insert chunks in one statement.

    Raises:
        ForeignRowError: a row belongs to a service outside the scope.
    """
    if not all(scope.holds_service(row["service_id"]) for row in rows) or scope.workspace_ids is not None:
        raise ForeignRowError("chunks are written by jobs, inside their own service")
    db.session.execute(insert(Model.metadata.tables[Chunk.__tablename__]), rows, execution_options=_SENT_FROM_HERE)


def read_live_chunks(scope: Scope, chatbot_id: int, slice_size: int = 1000) -> Iterator[ChunkRow]:
    """Yield the chunks that a chatbot answers from, by id, in slices: memory stays flat and no lock is held."""
    last = 0
    chunks, documents, sources = Chunk.__table__, Document.__table__, Source.__table__
    columns = [chunks.c[name] for name in ("id", "text", "heading", "embedding", "embedding_name")]
    while True:
        query = (
            select(*columns, documents.c.title, documents.c.id)
            .join(documents, documents.c.id == chunks.c.document_id)
            .join(sources, sources.c.id == documents.c.source_id)
            .where(chunks.c.chatbot_id == chatbot_id, chunks.c.id > last, chunks.c.enabled, documents.c.live)
            .where(sources.c.allowed_training, sources.c.deleted_at.is_(None))
            .order_by(chunks.c.id)
            .limit(slice_size)
        )
        if scope.service_ids is not None:
            query = query.where(chunks.c.service_id.in_(scope.service_ids))
        rows = [ChunkRow._make(row) for row in db.session.execute(query, execution_options=_SENT_FROM_HERE)]
        db.session.rollback()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def live_ids(scope: Scope, chatbot_id: int, ids: Collection[int]) -> set[int]:
    """Return which of these chunks may be shown now: of a live document, switched on, its source not deleted."""
    chunks, documents, sources = Chunk.__table__, Document.__table__, Source.__table__
    query = (
        select(chunks.c.id)
        .join(documents, documents.c.id == chunks.c.document_id)
        .join(sources, sources.c.id == documents.c.source_id)
        .where(chunks.c.id.in_(list(ids)), chunks.c.chatbot_id == chatbot_id, chunks.c.enabled, documents.c.live)
        .where(sources.c.allowed_training, sources.c.deleted_at.is_(None))
    )
    if scope.service_ids is not None:
        query = query.where(chunks.c.service_id.in_(scope.service_ids))
    return set(db.session.execute(query, execution_options=_SENT_FROM_HERE).scalars())
