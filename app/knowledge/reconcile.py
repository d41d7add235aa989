"""What the rows say is unfinished: found at every start and every half minute, whatever became of the queue."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, or_, select, update

from app.knowledge import claims
from models import Chatbot, Source, db, tenancy
from models.base import change, now
from models.knowledge import UNFINISHED

QUEUE_PATIENCE_S = 20


def give_up_hopeless() -> int:
    """Fail sources whose worker died again and again. Return how many. "Processing" for ever does not exist."""
    hopeless = update(Source).where(
        Source.state.in_(UNFINISHED),
        Source.attempts >= claims.MAX_ATTEMPTS,
        Source.heartbeat_at < claims.stale_before(),
    )
    values = {
        "state": "failed", "error_code": "internal", "fence": Source.fence + 1, "finished_at": now(),
        "error_advice": "Reading this stopped several times without a result. Try a smaller or simpler file.",
    }  # fmt: skip
    with tenancy.everything():
        n_failed = change(hopeless.values(values))
        db.session.commit()
        return n_failed


def unfinished_sources() -> list[int]:
    """Return the sources that nobody is reading: queued for a while, or left by a worker that fell silent."""
    waited = now() - dt.timedelta(seconds=QUEUE_PATIENCE_S)
    query = select(Source.id).where(
        Source.deleted_at.is_(None),
        or_(
            and_(Source.state == "queued", Source.created_at < waited),
            and_(Source.state.in_(UNFINISHED[1:]), Source.heartbeat_at < claims.stale_before()),
        ),
    )
    with tenancy.everything():
        found = list(db.session.scalars(query.order_by(Source.id).limit(1000)))
        db.session.rollback()
        return found


def due_chatbots() -> list[int]:
    """Return the chatbots whose knowledge changed since their last generation, and that nobody is training."""
    idle = or_(
        Chatbot.training_status != "training",
        Chatbot.training_heartbeat_at.is_(None),
        Chatbot.training_heartbeat_at < claims.stale_before(),
    )
    query = select(Chatbot.id).where(Chatbot.status != "deleted", Chatbot.changed_count > Chatbot.published_count, idle)
    with tenancy.everything():
        found = list(db.session.scalars(query.order_by(Chatbot.id).limit(1000)))
        db.session.rollback()
        return found


def is_due(chatbot_id: int) -> bool:
    """Tell whether a chatbot's knowledge changed since its last generation."""
    query = select(Chatbot.id).where(Chatbot.id == chatbot_id, Chatbot.changed_count > Chatbot.published_count)
    with tenancy.everything():
        found = db.session.scalar(query)
        db.session.rollback()
        return found is not None


def chatbots_to_publish_after(source_id: int) -> list[int]:
    """Return the chatbot of a source that was just read, unless others of its sources are still to be read.

    Whoever reads the last one publishes for all; should that worker die, the periodic search finds the chatbot.
    """
    with tenancy.everything():
        chatbot_id = db.session.scalar(select(Source.chatbot_id).where(Source.id == source_id))
        waiting = select(Source.id).where(
            Source.chatbot_id == chatbot_id, Source.state.in_(UNFINISHED), Source.deleted_at.is_(None)
        )
        is_last = chatbot_id is not None and db.session.scalar(waiting.limit(1)) is None
        db.session.rollback()
        return [chatbot_id] if is_last and chatbot_id is not None else []
