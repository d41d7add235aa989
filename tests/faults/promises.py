"""What is promised of a chatbot whatever happened to it: held against its rows and the generation that answers."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from app.answering.search import search
from app.knowledge import generations
from models import Chatbot, Chunk, Document, Generation, Source, db
from models.knowledge import UNFINISHED
from tests.conftest import inside


def finds(app, chatbot_id, question, text) -> bool:
    """Tell whether one of the first hits of a question holds a text."""
    with inside(app):
        hits = search(db.session.get(Chatbot, chatbot_id), question, k=3)
        return any(text in hit.text for hit in hits)


def states(app, chatbot_id) -> Counter[str]:
    with inside(app):
        query = select(Source.state).where(Source.chatbot_id == chatbot_id, Source.deleted_at.is_(None))
        return Counter(db.session.scalars(query))


def is_settled(app, chatbot_id) -> bool:
    """Tell whether everything is read and published."""
    with inside(app):
        if _has_unfinished(chatbot_id):  # asked first: a text becomes ready and its chatbot due in one moment
            return False
        chatbot = db.session.get(Chatbot, chatbot_id)
        return chatbot.changed_count == chatbot.published_count and chatbot.training_status != "training"


def _has_unfinished(chatbot_id) -> bool:
    query = select(Source.id).where(Source.chatbot_id == chatbot_id, Source.state.in_(UNFINISHED))
    return db.session.scalar(query.where(Source.deleted_at.is_(None)).limit(1)) is not None


def check(app, chatbot_id) -> None:
    """Hold the rows of a settled chatbot, and the generation that answers, against all that was promised."""
    with inside(app):
        for source in db.session.scalars(select(Source).where(Source.chatbot_id == chatbot_id)):
            if source.deleted_at is None:
                assert source.state in ("ready", "failed"), source.state
                assert source.state == "ready" or (source.error_code and source.error_advice)
            _check_text(source)
        chatbot = db.session.get(Chatbot, chatbot_id)
        generation = generations.open_current(chatbot)
        assert (generation.manifest.n_chunks if generation else 0) == len(_live_ids(chatbot_id))
        n_kept = db.session.scalar(select(func.count(Generation.id)).where(Generation.chatbot_id == chatbot_id))
        assert n_kept <= 4, "three, and one more until the next is published where forgetting it failed"


def _live_ids(chatbot_id) -> set[int]:
    query = select(Chunk.id).join(Document, Document.id == Chunk.document_id)
    return set(db.session.scalars(query.where(Chunk.chatbot_id == chatbot_id, Document.live)))


def _check_text(source) -> None:
    documents = db.session.scalars(select(Document).where(Document.source_id == source.id, Document.live)).all()
    assert len(documents) <= (source.deleted_at is None), "a source has one text, a deleted one has none"
    if source.state == "ready" and source.deleted_at is None:
        query = select(Chunk.position).where(Chunk.document_id == documents[0].id).order_by(Chunk.position)
        assert list(db.session.scalars(query)) == list(range(source.n_chunks)), "a chunk is lost or doubled"
