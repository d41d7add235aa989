"""Who may talk to which chatbot: the browser's Origin against a proven domain, and a signed token, on every call.

Origin: RFC 6454; browsers send it with every cross-origin fetch and pages can't forge it. Programs that are no browser
can: limits bound what that costs, and what a public chatbot knows must be treated as public.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.answering import presets
from app.collaborators import here
from app.domains import hosts
from app.history import recording
from app.tokens import TokenExpired, TokenInvalid
from models import Chatbot, ChatSession, Embed, Service, db, tenancy
from widget import preview
from widget.errors import WidgetError

PURPOSE = "widget"
TOKEN_S = 15 * 60


@dataclass(frozen=True)
class Visit:
    """A request that may go on: to this embed, from this origin; `member` is whose preview it is."""

    embed: Embed
    service: Service
    origin: str
    member: str = ""

    @property
    def chatbot(self) -> Chatbot:
        return self.embed.chatbot

    @property
    def is_preview(self) -> bool:
        return self.embed.domain.internal


def _origin(*, internal: bool) -> str:
    """Return where the request comes from.

    A same-origin GET carries no Origin: on our own pages alone, `Sec-Fetch-Site` stands in for it, beside a token.

    Raises:
        WidgetError: no Origin, or the `null` of a sandboxed frame or a local file.
    """
    origin = request.headers.get("Origin", "")
    if not origin and internal and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return preview.own_origin()
    if not origin or origin == "null":
        raise WidgetError("origin_missing")
    return origin


def _load(embed_uuid: uuid.UUID) -> tuple[Embed, Service]:
    query = select(Embed).where(Embed.uuid == embed_uuid)
    with tenancy.everything():
        embed = db.session.scalar(query.options(joinedload(Embed.chatbot), joinedload(Embed.domain)))
        if embed is None:
            raise WidgetError("not_found")
        return embed, db.session.scalars(select(Service).where(Service.id == embed.service_id)).one()


def _check_place(embed: Embed, origin: str) -> None:
    domain = embed.domain
    if not (origin == preview.own_origin() if domain.internal else hosts.covers(domain, origin)):
        raise WidgetError("origin_not_allowed")
    if not domain.verified or domain.status != "active":
        raise WidgetError("domain_unverified")


def _check_switches(embed: Embed, service: Service) -> None:
    chatbot = embed.chatbot
    works = chatbot.status == "enabled" and embed.status == "active"
    is_hidden = not service.is_live and chatbot.settings.get("hides_when_closed")
    if not works or is_hidden or (presets.manner_of(chatbot).audience == "members" and not embed.domain.internal):
        raise WidgetError("chatbot_disabled")


def _enter(embed_uuid: uuid.UUID, *, closed_too: bool = False) -> Visit:
    embed, service = _load(embed_uuid)
    origin = _origin(internal=embed.domain.internal)
    _check_place(embed, origin)
    _check_switches(embed, service)
    if not service.is_live and not closed_too:
        raise WidgetError("service_closed", words=presets.manner_of(embed.chatbot).closed)
    tenancy.enter(tenancy.service_scope(embed.service_id))
    return Visit(embed, service, origin)


def open_embed(embed_uuid: uuid.UUID, preview_token: str, *, closed_too: bool = False) -> Visit:
    """Check an embed against where the request comes from, and open the scope of its service.

    `closed_too` lets those of a service in that does not run, so that its widgets can say so.

    Raises:
        WidgetError: unknown, from elsewhere, not proven, switched off, or a preview without its member's token.
    """
    visit = _enter(embed_uuid, closed_too=closed_too)
    if not visit.is_preview:
        return visit
    if not preview_token:
        raise WidgetError("token_missing")
    return _check_member(visit, preview.read_member(visit.embed, preview_token))


def _check_member(visit: Visit, member: str) -> Visit:
    if not preview.is_open_to(member, visit.chatbot):
        raise WidgetError("token_invalid")
    return replace(visit, member=member)


def issue_token(visit: Visit, chat: ChatSession) -> str:
    """Return a token for 15 minutes, good for this embed, this origin and this chat session alone."""
    payload = {
        "embed": str(visit.embed.uuid), "origin": visit.origin, "chat": str(chat.uuid), "id": uuid.uuid4().hex,
        "member": visit.member,
    }  # fmt: skip
    return here().signer.sign(PURPOSE, payload)


def _read_token() -> tuple[dict[str, str], uuid.UUID, uuid.UUID]:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise WidgetError("token_missing")
    try:
        payload = here().signer.read(PURPOSE, token.strip(), max_age_s=TOKEN_S)
        return payload, uuid.UUID(payload["embed"]), uuid.UUID(payload["chat"])
    except TokenExpired as error:
        raise WidgetError("token_expired") from error
    except (TokenInvalid, KeyError, ValueError, TypeError, AttributeError) as error:
        raise WidgetError("token_invalid") from error


def require_chat() -> tuple[Visit, ChatSession]:
    """Check the token of a request, its origin, that embed, domain and service still stand, and that the chat is open.

    Raises:
        WidgetError: the token is missing, forged, expired or of another origin; the embed works no more; the chat is
            over.
    """
    _origin(internal=True)  # nothing that is no page gets to show a token
    payload, embed_uuid, chat_uuid = _read_token()
    visit = _enter(embed_uuid)
    if payload.get("origin") != visit.origin:
        raise WidgetError("origin_not_allowed")
    if visit.is_preview:
        visit = _check_member(visit, str(payload.get("member", "")))
    chat = recording.find_session(visit.embed, chat_uuid)
    if chat is None:
        raise WidgetError("token_invalid")
    return visit, chat
