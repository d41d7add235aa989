"""Who may talk to which chatbot: the browser's Origin against a proven domain, and a signed token, on every call.

Origin: RFC 6454; browsers send it with every cross-origin fetch and pages can't forge it. Programs that are no browser
can: limits bound what that costs, and what a public chatbot knows must be treated as public.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.answering import presets
from app.collaborators import here
from app.domains import grants, hosts
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
    is_closed: bool = False  # it says so, and answers nothing

    @property
    def chatbot(self) -> Chatbot:
        return self.embed.chatbot

    @property
    def is_preview(self) -> bool:
        return self.embed.domain.is_preview


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
        g.embed = None if embed.domain.is_preview else embed.id  # what a refusal is counted for
        return embed, db.session.scalars(select(Service).where(Service.id == embed.service_id)).one()


def _check_place(embed: Embed, origin: str) -> None:
    domain = embed.domain
    if not (origin == preview.own_origin() if domain.internal else hosts.covers(domain, origin)):
        raise WidgetError("origin_not_allowed")
    if not domain.verified:
        raise WidgetError("domain_unverified")


def _find_bar(embed: Embed, service: Service) -> str:
    """Return the code of what keeps an embed from answering in its own place; empty where nothing does."""
    chatbot = embed.chatbot
    if embed.domain.status != "active" or not grants.lets_in(embed.domain, chatbot):
        return "domain_unverified"
    is_for_members = presets.manner_of(chatbot).audience == "members" and not embed.domain.is_preview
    if chatbot.status != "enabled" or embed.status != "active" or is_for_members:
        return "chatbot_disabled"
    if not service.is_live:
        return "chatbot_disabled" if chatbot.settings.get("hides_when_closed") else "service_closed"
    return ""


def _says_so(chatbot: Chatbot, bar: str) -> bool:
    """Tell whether the owner wants visitors to read that the chatbot does not answer, rather than to see nothing."""
    if bar == "service_closed":
        return True
    return bool(chatbot.settings.get("says_when_off")) and presets.manner_of(chatbot).audience != "members"


def _enter(embed_uuid: uuid.UUID, *, closed_too: bool = False) -> Visit:
    embed, service = _load(embed_uuid)
    origin = _origin(internal=embed.domain.internal)
    _check_place(embed, origin)
    return _let_in(embed, service, origin, closed_too=closed_too)


def _let_in(embed: Embed, service: Service, origin: str, *, closed_too: bool) -> Visit:
    """Let a request from the right place go on, unless something keeps the embed from answering."""
    tenancy.enter(tenancy.service_scope(embed.service_id))
    bar = _find_bar(embed, service)
    if bar:
        says_so = _says_so(embed.chatbot, bar)
        if not (closed_too and says_so):
            raise WidgetError(bar, words=presets.manner_of(embed.chatbot).closed if says_so else "")
    return Visit(embed, service, origin, is_closed=bool(bar))


def open_embed(embed_uuid: uuid.UUID, preview_token: str, *, closed_too: bool = False) -> Visit:
    """Check an embed against where the request comes from, and open the scope of its service.

    `closed_too` lets those in that answer nothing now, where the owner wants them to say so.

    Raises:
        WidgetError: unknown, from elsewhere, not proven, switched off, or a preview without its member's token.
    """
    visit = _enter(embed_uuid, closed_too=closed_too)
    if not visit.is_preview:
        return visit
    if not preview_token:
        raise WidgetError("token_missing")
    return _check_member(visit, preview.read_member(visit.embed, preview_token))


def open_hosted(embed_uuid: uuid.UUID) -> Visit:
    """Open the scope of a page on our host that holds one chatbot; asked for by its address, it has no origin.

    Raises:
        WidgetError: it is no such page, or switched off.
    """
    embed, service = _load(embed_uuid)
    if not embed.domain.internal or embed.domain.is_preview:
        raise WidgetError("not_found")
    return _let_in(embed, service, preview.own_origin(), closed_too=True)


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
