"""The right to work on a source: taken by compare-and-set, kept by heartbeats, lost to whoever comes later."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update

from models import Source, db, tenancy
from models.base import change, now
from models.knowledge import UNFINISHED

STALE_AFTER_S = 60
MAX_ATTEMPTS = 4


class Superseded(Exception):
    """The source was deleted, queued again, or taken over: this work counts no more."""


@dataclass(frozen=True)
class Claim:
    """The right to write to one source as long as its `fence` is ours."""

    source_id: int
    service_id: int
    chatbot_id: int
    fence: int


def stale_before() -> dt.datetime:
    return now() - dt.timedelta(seconds=STALE_AFTER_S)


def take(source_id: int) -> Claim | None:
    """Claim a source that is queued, or whose worker has fallen silent. None: somebody is at it, or it is done."""
    with tenancy.everything():
        source = db.session.scalar(select(Source).where(Source.id == source_id, Source.deleted_at.is_(None)))
        if source is None:
            return None
        fence = source.fence
        taking = update(Source).where(
            Source.id == source_id,
            Source.fence == fence,
            Source.state.in_(UNFINISHED),
            or_(Source.state == "queued", Source.heartbeat_at.is_(None), Source.heartbeat_at < stale_before()),
        )
        values = {
            "fence": fence + 1, "state": "fetching", "progress": 1, "heartbeat_at": now(),
            "attempts": Source.attempts + 1,
        }  # fmt: skip
        taken = change(taking.values(values))
        claim = Claim(source_id, source.service_id, source.chatbot_id, fence + 1)
        db.session.commit()
        return claim if taken else None


def write(claim: Claim, **values: Any) -> None:
    """Change the claimed source, as part of the caller's transaction.

    Raises:
        Superseded: the claim is lost.
    """
    writing = update(Source).where(
        Source.id == claim.source_id, Source.fence == claim.fence, Source.deleted_at.is_(None)
    )
    values.setdefault("heartbeat_at", now())
    if not change(writing.values(values)):
        db.session.rollback()
        raise Superseded


def advance(claim: Claim, state: str, progress: int) -> None:
    """Show how far the work is, and that it is alive; committed at once.

    Raises:
        Superseded: the claim is lost.
    """
    write(claim, state=state, progress=progress)
    db.session.commit()
