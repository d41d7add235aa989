"""Documents that are not live yet: their chunks are invisible until the draft takes the place of what was there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from app.knowledge import claims, embedding
from app.knowledge.claims import Claim
from indexes.chunker import Piece
from models import Chunk, Document, db, raw, tenancy

SLICE = 200  # chunks written per transaction: writers never wait long for each other


def add_draft(claim: Claim, title: str, name: str, url: str | None, **values: Any) -> int:
    """Add an empty draft and return its id; `values` are written to the source with it.

    Raises:
        Superseded: the claim is lost.
    """
    claims.write(claim, **values)
    owned = {"service_id": claim.service_id, "chatbot_id": claim.chatbot_id}
    draft = Document(source_id=claim.source_id, title=title, name=name, url=url, **owned)
    db.session.add(draft)
    db.session.flush()
    draft_id = draft.id
    db.session.commit()
    return draft_id


def write_slice(
    claim: Claim, document_id: int, title: str, pieces: Sequence[Piece], position: int, **values: Any
) -> int:
    """Embed pieces and write them as the chunks of a draft; return how many embeddings were not known already.

    Args:
        claim: the right to do so.
        document_id: the draft.
        title: of the document; it is embedded with each piece.
        pieces: SLICE of its pieces at most, in order.
        position: of the first of them in the document, from 0.
        values: written to the source with them.

    Raises:
        Superseded: the claim is lost.
    """
    embedded = embedding.embed_pieces(claim.chatbot_id, title, pieces)
    off = switched_off(claim.source_id, [made.text_hash for made in embedded])
    rows = [
        {
            "service_id": claim.service_id, "chatbot_id": claim.chatbot_id, "document_id": document_id,
            "position": position + i, "text": piece.text, "heading": piece.heading, "locator": dict(piece.locator),
            "text_hash": made.text_hash, "embedding": made.vectors.embedding, "sentences": made.vectors.sentences,
            "embedding_name": made.name, "enabled": made.text_hash not in off,
        }
        for i, (piece, made) in enumerate(zip(pieces, embedded, strict=True))
    ]  # fmt: skip
    claims.write(claim, **values)
    raw.insert_chunks(tenancy.current(), rows)
    db.session.commit()
    return sum(made.is_new for made in embedded)


def switched_off(source_id: int, hashes: Sequence[str]) -> set[str]:
    """Return which of these texts of a source were switched off: read anew, they stay so."""
    query = select(Chunk.text_hash).join(Document, Document.id == Chunk.document_id)
    query = query.where(Document.source_id == source_id, Document.live, Chunk.enabled.is_(False))
    return set(db.session.scalars(query.where(Chunk.text_hash.in_(hashes))))
