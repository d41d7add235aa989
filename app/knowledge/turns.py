"""Whose source is read next: a customer has only a few in the queue, so that nobody waits behind 500 of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import select

from app.knowledge import claims
from models import Source, db, tenancy

PER_SERVICE = 4  # that wait in the queue; the rest wait in their rows, and come as these are read


def allot(wanted: Sequence[int], waiting: Collection[int]) -> list[int]:
    """Return which of these sources may join those that wait in the queue, in order."""
    with tenancy.everything():
        query = select(Source.id, Source.service_id).where(Source.id.in_({*wanted, *waiting}))
        service_of = {row.id: row.service_id for row in db.session.execute(query)}
        db.session.rollback()
    in_queue = Counter(service_of.get(source_id) for source_id in waiting)
    taken = []
    for source_id in wanted:
        service_id = service_of.get(source_id)
        if service_id is not None and source_id not in waiting and in_queue[service_id] < PER_SERVICE:
            in_queue[service_id] += 1
            taken.append(source_id)
    return taken


def next_of(source_id: int) -> list[int]:
    """Return which sources of the same customer are next once this one is read."""
    with tenancy.everything():
        service = select(Source.service_id).where(Source.id == source_id).scalar_subquery()
        query = select(Source.id).where(Source.service_id == service, Source.state == "queued")
        query = query.where(claims.in_use(), ~claims.is_held_up())
        found = list(db.session.scalars(query.order_by(Source.queued_at, Source.id).limit(PER_SERVICE)))
        db.session.rollback()
        return found
