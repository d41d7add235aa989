"""Embeds: one chatbot on one domain. The preview is an embed on the installation's own, internal domain."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.collaborators import here
from app.domains import grants
from app.languages import gettext as _
from app.refusals import Refusal
from app.tokens import TokenError
from models import Chatbot, Domain, Embed, db, tenancy
from models.chatbots import HOSTED_PAGE

PREVIEW = "preview"
PREVIEW_TOKEN_S = 8 * 3600
TEST_LINK = "test-link"
TEST_LINK_S = 3600
TEST_PAGE = "test-page"  # of its own: the page shows its token, which must open no further page


def list_embeds(chatbot: Chatbot) -> tuple[list[Embed], Embed | None]:
    """Return a chatbot's embeds on websites, and the one on its hosted page, if it ever had one."""
    query = select(Embed).join(Embed.domain).options(contains_eager(Embed.domain), joinedload(Embed.chatbot))
    is_shown = Domain.internal.is_(False) | (Domain.domain == HOSTED_PAGE)
    found = list(db.session.scalars(query.where(Embed.chatbot_id == chatbot.id, is_shown).order_by(Embed.id)))
    on_websites = [embed for embed in found if not embed.domain.internal]
    return on_websites, next((embed for embed in found if embed.domain.internal), None)


def count_active(chatbot: Chatbot) -> int:
    """Count the websites on which a chatbot may answer now."""
    query = select(func.count(Embed.id)).join(Domain, Domain.id == Embed.domain_id)
    query = query.where(Embed.chatbot_id == chatbot.id, Embed.status == "active", Domain.internal.is_(False))
    return db.session.scalar(query) or 0


def list_on(domain: Domain) -> list[Embed]:
    """Return which chatbots are on a website."""
    query = select(Embed).join(Chatbot, Chatbot.id == Embed.chatbot_id).where(Embed.domain_id == domain.id)
    query = query.where(Chatbot.status != "deleted").options(joinedload(Embed.chatbot), joinedload(Embed.domain))
    return list(db.session.scalars(query.order_by(Embed.id)))


def placeable(service_id: int, workspace_ids: list[int]) -> list[Chatbot]:
    """Return the chatbots of these workspaces that may answer on websites; internal assistants never do."""
    query = select(Chatbot).where(Chatbot.service_id == service_id, Chatbot.workspace_id.in_(workspace_ids))
    return list(db.session.scalars(query.where(*_may_be_placed()).order_by(Chatbot.name)))


def find(embed_uuid: uuid.UUID) -> Embed | None:
    """Return an embed on a website of the scope, of a chatbot that is not deleted."""
    query = select(Embed).join(Domain, Domain.id == Embed.domain_id).join(Chatbot, Chatbot.id == Embed.chatbot_id)
    query = query.where(Embed.uuid == embed_uuid, Domain.internal.is_(False), Chatbot.status != "deleted")
    return db.session.scalar(query.options(joinedload(Embed.chatbot), joinedload(Embed.domain)))


def find_between(chatbot: Chatbot, domain: Domain) -> Embed | None:
    present = select(Embed).where(Embed.chatbot_id == chatbot.id, Embed.domain_id == domain.id)
    return db.session.scalar(present)


def add(chatbot: Chatbot, domain: Domain) -> Embed:
    """Return the embed of a chatbot on a domain, made if there is none yet. The caller commits."""
    embed = find_between(chatbot, domain)
    if embed is None:
        embed = Embed(service_id=chatbot.service_id, chatbot_id=chatbot.id, domain_id=domain.id)
        db.session.add(embed)
        db.session.flush()
    return embed


def tick(chatbot: Chatbot, domain: Domain, *, is_wanted: bool) -> Embed | None:
    """Let a chatbot answer on a domain, or no longer; return the embed if that changed it. The caller commits.

    An embed that is taken off is switched off and keeps its code: ticked again, the pages that hold it work again.

    Raises:
        Refusal: the domain is kept to other workspaces than the chatbot's.
    """
    embed = find_between(chatbot, domain)
    if is_wanted and not grants.lets_in(domain, chatbot):
        raise Refusal(
            _("%(origin)s is kept to other workspaces than that of %(name)s.", origin=domain.origin, name=chatbot.name)
        )
    if is_wanted == (embed is not None and embed.status == "active"):
        return None
    embed = embed or add(chatbot, domain)
    embed.status = "active" if is_wanted else "inactive"
    return embed


def place_only_chatbot(domain: Domain) -> Embed | None:
    """Let the only chatbot of a service answer on a website that was just proven; where one is or was, nothing is done.

    Returns the embed if it was made: with several chatbots it is for people to choose. The caller commits.
    """
    with tenancy.everything():
        on_websites = select(Chatbot).where(Chatbot.service_id == domain.service_id, *_may_be_placed())
        chatbots = list(db.session.scalars(on_websites.limit(2)))
        was_used = db.session.scalar(select(Embed.id).where(Embed.domain_id == domain.id).limit(1)) is not None
        if len(chatbots) != 1 or was_used or not grants.lets_in(domain, chatbots[0]):
            return None
        return tick(chatbots[0], domain, is_wanted=True)


def _may_be_placed() -> tuple[ColumnElement[bool], ...]:
    return Chatbot.status != "deleted", Chatbot.type != "internal_assistant"


def own_domain(service_id: int, name: str = "") -> Domain:
    """Return the domain that stands for our own pages, made on first use; `name` where it is not the preview's."""
    own = select(Domain).where(Domain.service_id == service_id, Domain.internal)
    domain = db.session.scalar(own.where(Domain.domain == name if name else Domain.domain != HOSTED_PAGE))
    if domain is None:
        parts = urlsplit(here().config.address)
        domain = Domain(service_id=service_id, internal=True, verified=True, scheme=parts.scheme)
        domain.domain, domain.port = name or parts.hostname or "localhost", parts.port
        db.session.add(domain)
        db.session.flush()
    return domain


def hosted_embed(chatbot: Chatbot) -> Embed | None:
    """Return the embed of a chatbot's page on our host, if it ever had one; `status` tells whether it is on."""
    query = select(Embed).join(Domain, Domain.id == Embed.domain_id).where(Embed.chatbot_id == chatbot.id)
    return db.session.scalar(query.where(Domain.internal, Domain.domain == HOSTED_PAGE))


def switch_hosted(chatbot: Chatbot, *, is_on: bool) -> Embed:
    """Switch a chatbot's page on our host on or off. Its address is 122 random bits. The caller commits."""
    embed = hosted_embed(chatbot) or add(chatbot, own_domain(chatbot.service_id, HOSTED_PAGE))
    embed.status = "active" if is_on else "inactive"
    return embed


def renew_hosted(embed: Embed) -> None:
    """Give a hosted page another address: the old one leads nowhere at once. The caller commits."""
    embed.uuid = uuid.uuid4()


def preview_embed(chatbot: Chatbot) -> Embed:
    """Return the embed of a chatbot's preview, made on first use. The caller commits."""
    return add(chatbot, own_domain(chatbot.service_id))


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


def sign_test_link(embed: Embed, member: str) -> str:
    """Return the token with which a member tries an embed on another device, for an hour, without signing in there."""
    return here().signer.sign(TEST_LINK, {"embed": str(embed.uuid), "member": member})


def read_test_link(token: str) -> dict[str, Any] | None:
    """Return what the token of a test link says; None when it is forged or older than an hour."""
    return _read_for_an_hour(TEST_LINK, token)


def sign_test_page(embed: Embed, member: str) -> str:
    """Return the token with which a test page that is open chats in a preview, for an hour; it opens no page."""
    return here().signer.sign(TEST_PAGE, {"embed": str(embed.uuid), "member": member})


def read_test_page(token: str) -> dict[str, Any] | None:
    """Return what the token of a test page says; None when it is forged or older than an hour."""
    return _read_for_an_hour(TEST_PAGE, token)


def _read_for_an_hour(purpose: str, token: str) -> dict[str, Any] | None:
    try:
        return here().signer.read(purpose, token, max_age_s=TEST_LINK_S)
    except TokenError:
        return None
