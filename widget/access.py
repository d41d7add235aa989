"""Who may talk to which chatbot: the browser's Origin against a proven domain, and a signed token, on every call.

Origin: RFC 6454; browsers send it with every cross-origin fetch and pages can't forge it. Programs that are no browser
can: limits bound what that costs, and what a public chatbot knows must be treated as public.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.collaborators import here
from app.domains import embeds
from app.tokens import TokenExpired, TokenInvalid
from models import Chatbot, Embed, Service, db, tenancy
from models.history import ChatSession
from widget.errors import WidgetError

PURPOSE = "widget"
TOKEN_S = 15 * 60


@dataclass(frozen=True)
class Visit:
    """A request that may go on: to this embed, from this origin. `chat_uuid` is set once a token was shown."""

    embed: Embed
    chatbot: Chatbot
    service: Service
    origin: str
    chat_uuid: uuid.UUID | None = None

    @property
    def is_preview(self) -> bool:
        return self.embed.domain.internal


def _origin_of_request() -> str:
    """Return the Origin header. A same-origin GET carries none: there `Sec-Fetch-Site` stands in for it."""
    origin = request.headers.get("Origin", "")
    if not origin and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return _own_origin()
    if not origin or origin == "null":
        raise WidgetError("origin_missing")
    return origin


def _own_origin() -> str:
    parts = urlsplit(request.host_url)
    return f"{parts.scheme}://{parts.netloc}"


def _load(embed_uuid: uuid.UUID) -> Embed:
    with tenancy.everything():
        query = select(Embed).where(Embed.uuid == embed_uuid)
        embed = db.session.scalar(query.options(joinedload(Embed.chatbot), joinedload(Embed.domain)))
        if embed is None:
            raise WidgetError("not_found")
        return embed


def _check_place(embed: Embed, origin: str) -> None:
    domain = embed.domain
    if domain.internal:
        if origin not in (_own_origin(), here().config.address):
            raise WidgetError("origin_not_allowed")
        return
    if origin != domain.origin:
        raise WidgetError("origin_not_allowed")
    if not domain.verified or domain.status != "active":
        raise WidgetError("domain_unverified")


def _check_switches(embed: Embed, service: Service) -> None:
    chatbot = embed.chatbot
    works = chatbot.status == "enabled" and embed.status == "active" and service.is_live
    if not works or (chatbot.type == "internal_assistant" and not embed.domain.internal):
        raise WidgetError("chatbot_disabled")


def open_embed(embed_uuid: uuid.UUID) -> Visit:
    """Check an embed against where the request comes from, and open the scope of its service.

    Raises:
        WidgetError: unknown, from elsewhere, not proven, or switched off.
    """
    embed = _load(embed_uuid)
    origin = _origin_of_request()
    _check_place(embed, origin)
    with tenancy.everything():
        service = db.session.scalars(select(Service).where(Service.id == embed.service_id)).one()
    _check_switches(embed, service)
    tenancy.enter(tenancy.service_scope(embed.service_id))
    g.widget_origin = origin
    return Visit(embed, embed.chatbot, service, origin)


def require_preview_right(visit: Visit, token: str) -> None:
    """Let only members into a preview: they carry a token that their own page was given.

    Raises:
        WidgetError: no token, a forged one, or one of another chatbot.
    """
    if visit.is_preview:
        payload = embeds.read_preview(token)
        if payload is None or payload.get("embed") != str(visit.embed.uuid):
            raise WidgetError("token_invalid")


def issue_token(visit: Visit, chat: ChatSession) -> str:
    """Return a token for 15 minutes, good for this embed, this origin and this chat session alone."""
    payload = {"embed": str(visit.embed.uuid), "origin": visit.origin, "chat": str(chat.uuid), "id": uuid.uuid4().hex}
    return here().signer.sign(PURPOSE, payload)


def _bearer() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token:
        raise WidgetError("token_missing")
    return token.strip()


def require_token() -> Visit:
    """Check the token of a request, its origin, and that embed, domain and service still stand.

    Raises:
        WidgetError: the token is missing, forged, expired or of another origin; or the embed works no more.
    """
    origin = _origin_of_request()
    try:
        payload = here().signer.read(PURPOSE, _bearer(), max_age_s=TOKEN_S)
        embed_uuid, chat_uuid = uuid.UUID(payload["embed"]), uuid.UUID(payload["chat"])
    except TokenExpired as error:
        raise WidgetError("token_expired") from error
    except (TokenInvalid, KeyError, ValueError, TypeError, AttributeError) as error:
        raise WidgetError("token_invalid") from error
    if payload.get("origin") != origin:
        raise WidgetError("origin_not_allowed")
    visit = open_embed(embed_uuid)
    return Visit(visit.embed, visit.chatbot, visit.service, origin, chat_uuid)
