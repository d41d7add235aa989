"""A chatbot that somebody complained about, found by what they saw of it; and what is suspended at present."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import joinedload

from models import Chatbot, Embed, Member, Service, db, tenancy

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
MOST = 200


@dataclass(frozen=True)
class Reported:
    """What staff see of a chatbot: what it is called and whose it is, and nothing that is in it."""

    uuid: uuid.UUID
    name: str
    service: Service
    suspended_for: str


def find(chatbot_uuid: uuid.UUID) -> Chatbot | None:
    """Return a chatbot of whatever customer, by its own uuid."""
    with tenancy.everything():
        return db.session.scalar(select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.status != "deleted"))


def search(seen: str) -> list[Reported]:
    """Return the chatbots that an address or an embed code names, of whatever customer."""
    named = [uuid.UUID(found) for found in _UUID.findall(seen)[:20]]
    embedded = select(Embed.chatbot_id).where(Embed.uuid.in_(named))
    return _list(or_(Chatbot.uuid.in_(named), Chatbot.id.in_(embedded)))


def suspended_chatbots() -> list[Reported]:
    return _list(Chatbot.suspended_for != "")


def _list(condition: ColumnElement[bool]) -> list[Reported]:
    query = select(Chatbot, Service).join(Service, Service.id == Chatbot.service_id)
    query = query.where(condition, Chatbot.status != "deleted").options(joinedload(Service.holder))
    with tenancy.everything():
        rows = db.session.execute(query.order_by(Chatbot.suspended_at.desc(), Chatbot.id).limit(MOST)).all()
        return [Reported(row.Chatbot.uuid, row.Chatbot.name, row.Service, row.Chatbot.suspended_for) for row in rows]


def suspended_services() -> Sequence[Service]:
    query = select(Service).where(Service.status == "disabled").options(joinedload(Service.holder))
    return db.session.scalars(query.order_by(Service.suspended_at.desc(), Service.id).limit(MOST)).all()


def suspended_people() -> Sequence[Member]:
    query = select(Member).where(Member.status == "disabled", Member.verified)
    return db.session.scalars(query.order_by(Member.suspended_at.desc(), Member.id).limit(MOST)).all()
