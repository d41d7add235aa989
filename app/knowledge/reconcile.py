"""What the rows say is unfinished: found at every start and every few seconds, whatever became of the queue."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from app.knowledge import claims, holds
from app.languages import in_english
from app.webhooks import events
from models import Chatbot, Source, db, tenancy
from models.base import change, is_far, now
from models.knowledge import UNFINISHED

QUEUE_PATIENCE_S = 20  # whoever queued a source is likely to wake a worker, or to read it, by then
RETRY_FAILED_AFTER_S = 120
LISTED_PER_SERVICE = 20
PUBLISH_MEANWHILE_S = 300  # between generations while more sources are being read


def _has_waited(since: Any, seconds: float) -> ColumnElement[bool]:
    return is_far(since, dt.timedelta(seconds=seconds))


def give_up_hopeless() -> int:
    """Fail sources whose worker died again and again. Return how many. "Processing" for ever does not exist."""
    hopeless = update(Source).where(
        Source.state.in_(UNFINISHED),
        Source.attempts >= claims.MAX_ATTEMPTS,
        claims.is_silent(Source.heartbeat_at),
    )
    moment = now()
    values = {
        "state": "failed", "error_code": "internal", "fence": Source.fence + 1, "finished_at": moment,
        "error_advice": in_english(
            "Reading this stopped several times without a result. Try a smaller or simpler file."
        ),
    }  # fmt: skip
    with tenancy.everything():
        n_failed = change(hopeless.values(values))
        given_up = select(Source).where(Source.state == "failed", Source.finished_at == moment)
        for source in db.session.scalars(given_up) if n_failed else ():
            events.announce("source_failed", source.chatbot_id, source_id=source.id)
        db.session.commit()
        return n_failed


def unfinished_sources() -> list[int]:
    """Return the sources that nobody is reading: queued for a while, or left by a worker that fell silent."""
    heard = func.coalesce(Source.heartbeat_at, Source.created_at)
    waited, silent = _has_waited(heard, QUEUE_PATIENCE_S), claims.is_silent(heard)
    place = func.row_number().over(partition_by=Source.service_id, order_by=Source.id).label("place")
    query = select(Source.id, place).where(
        or_(and_(Source.state == "queued", waited), and_(Source.state.in_(UNFINISHED[1:]), silent)),
        claims.in_use(), ~claims.is_held_up(),
    )  # fmt: skip
    with tenancy.everything():
        rows = query.subquery()
        first = select(rows.c.id).where(rows.c.place <= LISTED_PER_SERVICE).order_by(rows.c.id).limit(1000)
        found = list(db.session.scalars(first))
        db.session.rollback()
        return found


def _is_due() -> ColumnElement[bool]:
    """Return the condition that a chatbot shall be trained now.

    Its knowledge has changed and nothing holds that back, and its sources are read, or have been for a while; or its
    training was cut off. One that failed waits a little: a full disk is not emptied by trying.
    """
    heard = func.coalesce(Chatbot.training_heartbeat_at, Chatbot.created_at)
    unread = select(Source.id).where(
        Source.chatbot_id == Chatbot.id, Source.state.in_(UNFINISHED), Source.deleted_at.is_(None)
    )
    is_outdated = Chatbot.last_trained.is_(None) | _has_waited(Chatbot.last_trained, PUBLISH_MEANWHILE_S)
    is_free = or_(
        Chatbot.training_status.not_in(("training", "failed")),
        (Chatbot.training_status == "failed") & _has_waited(heard, RETRY_FAILED_AFTER_S),
    )
    is_cut_off = (Chatbot.training_status == "training") & claims.is_silent(heard)
    return (Chatbot.status != "deleted") & or_(
        holds.is_wanted() & is_free & (~unread.exists() | is_outdated), is_cut_off
    )


def due_chatbots() -> list[int]:
    """Return the chatbots whose knowledge changed since their last generation, and that nobody is training."""
    with tenancy.everything():
        found = list(db.session.scalars(select(Chatbot.id).where(_is_due()).order_by(Chatbot.id).limit(1000)))
        db.session.rollback()
        return found


def is_due(chatbot_id: int) -> bool:
    """Tell whether a chatbot shall be trained now."""
    with tenancy.everything():
        found = db.session.scalar(select(Chatbot.id).where(Chatbot.id == chatbot_id, _is_due()))
        db.session.rollback()
        return found is not None


def chatbot_of(source_id: int) -> int | None:
    """Return the chatbot that learns from a source; None once the source is removed."""
    with tenancy.everything():
        found = db.session.scalar(select(Source.chatbot_id).where(Source.id == source_id))
        db.session.rollback()
        return found


def let_training_go(chatbot_id: int) -> None:
    """Note that the worker of a training is known to be dead: it failed, and is tried again a little later."""
    dead = update(Chatbot).where(Chatbot.id == chatbot_id, Chatbot.training_status == "training")
    with tenancy.everything():
        change(dead.values(training_status="failed", training_heartbeat_at=now()))
        db.session.commit()
