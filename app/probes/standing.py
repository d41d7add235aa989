"""How the installation stands now: what waits, for how long, and what room is left. Counts alone, of all customers."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.collaborators import here
from app.knowledge import claims
from app.probes import readiness
from jobs import queues
from models import Delivery, OutgoingMail, Source, db, tenancy
from models.base import now
from models.knowledge import UNFINISHED

UNSENT = ("waiting", "failed")


class Level(NamedTuple):
    """A figure that goes up and down: its value for each of what it is told apart by."""

    name: str
    words: str
    label: str
    values: dict[str, float]


def read_levels() -> Iterator[Level]:
    """Yield what can be told now; what queues and rows say is left out while Redis or the database is away."""
    parts = readiness.read()
    ready = {name: float(words == readiness.READY) for name, words in parts.items()}
    yield Level("docent_ready", "Whether each part that answers stand on is ready.", "part", ready)
    if ready["redis"]:
        yield from _queues()
    usage = shutil.disk_usage(here().config.data_dir)
    yield Level("docent_disk_bytes", "The disk of DATA_DIR.", "what", {"free": usage.free, "all": usage.total})
    if ready["database"]:
        try:
            yield from read_rows()
        except SQLAlchemyError:
            db.session.rollback()  # it went away in between, which its readiness will tell


def _queues() -> Iterator[Level]:
    states = {name: state for name in queues.BY_URGENCY if (state := queues.read_state(name)) is not None}
    waiting = {name: float(state.n_waiting) for name, state in states.items()}
    ages = {name: state.age.total_seconds() if state.age else 0.0 for name, state in states.items()}
    yield Level("docent_queue_jobs", "Jobs that wait for a worker.", "queue", waiting)
    yield Level("docent_queue_oldest_seconds", "How long the first job of a queue has waited.", "queue", ages)
    workers = {name: float(state.n_workers) for name, state in states.items()}
    yield Level("docent_workers", "Workers that have told of themselves within a minute.", "queue", workers)


def read_rows() -> Iterator[Level]:
    """Yield what the database tells."""
    query = select(func.count(Source.id), func.min(Source.created_at, type_=Source.created_at.type))
    query = query.where(Source.state.in_(UNFINISHED), Source.deleted_at.is_(None), ~claims.is_held_up())
    mails = select(OutgoingMail.state, func.count(OutgoingMail.id)).where(OutgoingMail.state != "sent")
    deliveries = select(Delivery.state, func.count(Delivery.id)).where(Delivery.state.in_(UNSENT))
    with tenancy.everything():
        n_sources, oldest = db.session.execute(query).one()
        of_mails = _by_state(mails.group_by(OutgoingMail.state))
        of_deliveries = _by_state(deliveries.group_by(Delivery.state))
    age = now() - oldest if oldest else dt.timedelta()
    unread = {"all": float(n_sources)}
    yield Level("docent_sources_unread", "Sources that are to be read, or are being read.", "of", unread)
    yield Level(
        "docent_sources_oldest_seconds", "How long the oldest of them has been there.", "of",
        {"all": age.total_seconds()},
    )  # fmt: skip
    yield Level(
        "docent_mails_unsent", "Mails that wait, and those that could not be sent in 30 days.", "state", of_mails
    )  # fmt: skip
    yield Level(
        "docent_deliveries_unsent", "What webhooks wait to be told, and what they were not told in 30 days.", "state",
        of_deliveries,
    )  # fmt: skip


def _by_state(query: Select[str, int]) -> dict[str, float]:
    counts = {state: float(n) for state, n in db.session.execute(query)}
    return {state: counts.get(state, 0.0) for state in UNSENT}
