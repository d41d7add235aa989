"""A chatbot to play with before one has one's own: the demo customer's, which knows Docent's handbook."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from models import Chatbot, Domain, Embed, Member, Service, db, tenancy
from models.chatbots import HOSTED_PAGE

OWNER = "demo@example.com"  # of an address that nobody can confirm: it is made by `init --demo` alone


def find() -> uuid.UUID | None:
    """Return the embed of the sample's page; None where there is no sample, or its owner has switched it off."""
    query = select(Embed.uuid).join(Domain, Domain.id == Embed.domain_id).join(Chatbot, Chatbot.id == Embed.chatbot_id)
    query = query.join(Service, Service.id == Chatbot.service_id).join(Member, Member.id == Service.holder_id)
    query = query.where(
        Member.email == OWNER, Domain.domain == HOSTED_PAGE, Domain.internal, Embed.status == "active",
        Chatbot.status == "enabled", Chatbot.suspended_for == "", Service.status == "enabled",
    )  # fmt: skip
    with tenancy.everything():
        return db.session.scalar(query.order_by(Embed.id).limit(1))
