"""The right to work on a source: taken by compare-and-set, kept by heartbeats, lost to whoever comes later."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, or_, select, update

from models import Chatbot, Service, Source, db, tenancy
from models.base import change, is_far, now
from models.knowledge import UNFINISHED

STALE_AFTER_S = 30  # six heartbeats; also longer than a writer waits for SQLite's lock
MAX_ATTEMPTS = 4
OUTAGE_PATIENCE = dt.timedelta(days=1)


class Superseded(Exception):
    """What is worked on was deleted, queued again, or taken over by somebody younger: this work counts no more."""


@dataclass(frozen=True)
class Claim:
    """The right to write to one source as long as its `fence` is ours."""

    source_id: int
    service_id: int
    chatbot_id: int
    fence: int


def is_silent(heard: Any) -> ColumnElement[bool]:
    """Return the condition that a sign of life was given too long ago to count on another."""
    return is_far(heard, dt.timedelta(seconds=STALE_AFTER_S))


def in_use() -> ColumnElement[bool]:
    """Return the condition that neither a source nor its chatbot is deleted."""
    gone = select(Chatbot.id).where(Chatbot.id == Source.chatbot_id, Chatbot.status == "deleted")
    return Source.deleted_at.is_(None) & ~gone.exists()


def is_held_up() -> ColumnElement[bool]:
    """Return the condition that a website waits until its chatbot or service, which was stopped, works again.

    Other sources are read within moments, and to their end.
    """
    has_stopped = or_(Chatbot.suspended_for != "", Service.status != "enabled", Service.expired_at <= now())
    query = select(Chatbot.id).join(Service, Service.id == Chatbot.service_id)
    return (Source.kind == "website") & query.where(Chatbot.id == Source.chatbot_id, has_stopped).exists()


def take(source_id: int) -> Claim | None:
    """Claim a source that is queued, or whose worker has fallen silent. None: it is another's, waits, or is done."""
    with tenancy.everything():
        source = db.session.scalar(select(Source).where(Source.id == source_id))
        if source is None:
            return None
        fence = source.fence
        taking = update(Source).where(
            Source.id == source_id,
            Source.fence == fence,
            Source.state.in_(UNFINISHED),
            Source.attempts < MAX_ATTEMPTS,
            or_(Source.state == "queued", Source.heartbeat_at.is_(None), is_silent(Source.heartbeat_at)),
            in_use(),
            ~is_held_up(),
        )
        values = {
            "fence": fence + 1, "state": "fetching", "progress": 1, "heartbeat_at": now(),
            "attempts": Source.attempts + 1, "taken_at": now(), "fetched_at": None, "parsed_at": None,
            "chunked_at": None,
        }  # fmt: skip
        taken = change(taking.values(values))
        claim = Claim(source_id, source.service_id, source.chatbot_id, fence + 1)
        db.session.commit()
        return claim if taken else None


def write(claim: Claim, **values: Any) -> None:
    """Change the claimed source, as part of the caller's transaction; nobody else can until that ends.

    Raises:
        Superseded: the claim is lost.
    """
    writing = update(Source).where(Source.id == claim.source_id, Source.fence == claim.fence, in_use())
    values.setdefault("heartbeat_at", now())
    if not change(writing.values(values)):
        db.session.rollback()
        raise Superseded


def advance(claim: Claim, state: str, progress: int, **values: Any) -> None:
    """Show how far the work is, and that it is alive, with whatever else is to be written; committed at once.

    Raises:
        Superseded: the claim is lost.
    """
    write(claim, state=state, progress=progress, **values)
    db.session.commit()


def beat(claim: Claim) -> None:
    """Show that the work is alive; a lost claim stays lost."""
    change(update(Source).where(Source.id == claim.source_id, Source.fence == claim.fence).values(heartbeat_at=now()))
    db.session.commit()


def put_back(claim: Claim, *, is_outage: bool) -> bool:
    """Queue the source again after a failure that is none of its own. False: it was tried too often, or is lost.

    In an outage of database, storage or disk no try counts, for a day.
    """
    patience = case((is_far(Source.queued_at, OUTAGE_PATIENCE), 0), else_=int(is_outage))
    tries = Source.attempts - patience
    waiting = update(Source).where(Source.id == claim.source_id, Source.fence == claim.fence, tries < MAX_ATTEMPTS)
    values = {"state": "queued", "progress": 0, "fence": claim.fence + 1, "heartbeat_at": now(), "attempts": tries}
    is_queued = change(waiting.values(values))
    db.session.commit()
    return bool(is_queued)


def let_go(source_id: int) -> None:
    """Free a source whose worker is known to be dead: nobody need wait until it counts as silent.

    Should another worker have taken over meanwhile, its next heartbeat takes this back.
    """
    silent = case((Source.state == "queued", Source.heartbeat_at), else_=now() - dt.timedelta(seconds=STALE_AFTER_S))
    with tenancy.everything():
        change(update(Source).where(Source.id == source_id, Source.state.in_(UNFINISHED)).values(heartbeat_at=silent))
        db.session.commit()
