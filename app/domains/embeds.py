"""Embeds: one chatbot on one domain. The preview is an embed on the installation's own, internal domain."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app.collaborators import here
from app.tokens import TokenError
from models import Chatbot, Domain, Embed, db

PREVIEW = "preview"
PREVIEW_TOKEN_S = 8 * 3600


def list_embeds(chatbot: Chatbot) -> list[Embed]:
    """Return a chatbot's embeds on websites; its preview is not one of them."""
    query = select(Embed).join(Embed.domain).options(contains_eager(Embed.domain))
    on_websites = query.where(Embed.chatbot_id == chatbot.id, Domain.internal.is_(False))
    return list(db.session.scalars(on_websites.order_by(Embed.id)))


def list_on(domain: Domain) -> list[Embed]:
    """Return which chatbots are on a website."""
    query = select(Embed).join(Chatbot, Chatbot.id == Embed.chatbot_id).where(Embed.domain_id == domain.id)
    query = query.where(Chatbot.status != "deleted").options(joinedload(Embed.chatbot))
    return list(db.session.scalars(query.order_by(Embed.id)))


def find(chatbot: Chatbot, embed_uuid: uuid.UUID) -> Embed | None:
    return db.session.scalar(select(Embed).where(Embed.chatbot_id == chatbot.id, Embed.uuid == embed_uuid))


def add(chatbot: Chatbot, domain: Domain) -> Embed:
    """Return the embed of a chatbot on a domain, made if there is none yet. The caller commits."""
    present = select(Embed).where(Embed.chatbot_id == chatbot.id, Embed.domain_id == domain.id)
    embed = db.session.scalar(present)
    if embed is None:
        embed = Embed(service_id=chatbot.service_id, chatbot_id=chatbot.id, domain_id=domain.id)
        db.session.add(embed)
        db.session.flush()
    return embed


def _own_domain(service_id: int) -> Domain:
    own = select(Domain).where(Domain.service_id == service_id, Domain.internal)
    domain = db.session.scalar(own)
    if domain is None:
        parts = urlsplit(here().config.address)
        domain = Domain(service_id=service_id, internal=True, verified=True, scheme=parts.scheme)
        domain.domain, domain.port = parts.hostname or "localhost", parts.port
        db.session.add(domain)
        db.session.flush()
    return domain


def preview_embed(chatbot: Chatbot) -> Embed:
    """Return the embed of a chatbot's preview, made on first use. The caller commits."""
    return add(chatbot, _own_domain(chatbot.service_id))


def sign_preview(embed: Embed, member: str) -> str:
    """Return the token with which a member's browser may use the preview; `member` is what their cookie carries."""
    payload = {"embed": str(embed.uuid), "member": member}
    return here().signer.sign(PREVIEW, payload)


def read_preview(token: str) -> dict[str, Any] | None:
    """Return what a preview token says; None when it is forged or older than eight hours."""
    try:
        return here().signer.read(PREVIEW, token, max_age_s=PREVIEW_TOKEN_S)
    except TokenError:
        return None
