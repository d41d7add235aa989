"""Chatbots as rows: found, completed, marked for training, deleted."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection

from sqlalchemy import case, select, update

from app import audit
from app.plans import periods, quotas
from models import Chatbot, Service, Source, db
from models.base import change, now

MAX_CHOICES = 300  # that a list is narrowed by
MAX_CAUSES = 30  # that are told of a generation: the latest
MAX_CAUSE_TITLE = 120


def find(chatbot_uuid: uuid.UUID) -> Chatbot | None:
    """Return a chatbot of the scope by uuid; None for a deleted or foreign one."""
    return db.session.scalar(select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.status != "deleted"))


def choices(workspace_ids: Collection[int]) -> list[tuple[str, str]]:
    """Return the chatbots of workspaces, as uuid and name."""
    query = select(Chatbot.uuid, Chatbot.name).where(Chatbot.workspace_id.in_(workspace_ids))
    query = query.where(Chatbot.status != "deleted").order_by(Chatbot.name, Chatbot.id).limit(MAX_CHOICES)
    return [(str(row.uuid), row.name) for row in db.session.execute(query)]


def newest_of(member_id: int | None) -> Chatbot | None:
    """Return the chatbot that a member made last."""
    return db.session.scalar(select(Chatbot).where(Chatbot.owner_id == member_id).order_by(Chatbot.id.desc()).limit(1))


def complete(chatbot: Chatbot, owner_id: int | None) -> None:
    """Fill what a form does not ask for: the service is the workspace's.

    Raises:
        QuotaExceeded: the plan has no room for one more chatbot.
    """
    chatbot.service_id = chatbot.workspace.service_id
    quotas.make_room(chatbot.service_id, "chatbots")
    chatbot.owner_id = owner_id


def mark_due(chatbot: Chatbot, what: str = "changed", title: str = "") -> None:
    """Count one change of a chatbot's knowledge by whoever sent this request. The caller commits."""
    count_change(chatbot.id, what, title, audit.actor_id())
    db.session.expire(chatbot)


def count_change(chatbot_id: int, what: str = "changed", title: str = "", by: int | None = None) -> None:
    """Count a change by id: a generation will be built, and tells of it. The caller commits.

    A training that is under way goes on; the next one follows it.
    """
    status = case((Chatbot.training_status == "training", "training"), else_="due")
    values = {"changed_count": Chatbot.changed_count + 1, "training_status": status}
    change(update(Chatbot).where(Chatbot.id == chatbot_id).values(values))  # from here on nobody else writes the row
    count, pending = db.session.execute(
        select(Chatbot.changed_count, Chatbot.pending).where(Chatbot.id == chatbot_id)
    ).one()
    cause = {"what": what, "title": title[:MAX_CAUSE_TITLE], "by": by}
    others = [row for row in pending or [] if {**row, "n": 0} != {**cause, "n": 0}]
    noted = [*others[1 - MAX_CAUSES :], {**cause, "n": count}]
    change(update(Chatbot).where(Chatbot.id == chatbot_id).values(pending=noted))


def last_day(chatbot: Chatbot) -> dt.datetime:
    """Return until when the chats of a chatbot are kept that is deleted at this moment."""
    service = db.session.scalars(select(Service).where(Service.id == chatbot.service_id)).one()
    return now() + dt.timedelta(days=min(periods.grace_days(service), periods.MAX_GRACE_DAYS))


def delete(chatbot: Chatbot) -> None:
    """Take a chatbot out of service at once, and whoever reads or trains for it off its work; the caller commits.

    What it knew is removed by the next sweep. Its chats are kept for the grace days, then all below it is purged.
    """
    chatbot.status, chatbot.chats_until = "deleted", last_day(chatbot)
    chatbot.training_fence += 1
    sources = update(Source).where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None))
    change(sources.values(deleted_at=now(), fence=Source.fence + 1))
