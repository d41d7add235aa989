"""Who may talk to which chatbot: the browser's Origin against a proven domain, and a signed token, on every call.

Origin: RFC 6454; browsers send it with every cross-origin fetch and pages can't forge it. Programs that are no browser
can: limits bound what that costs, and what a public chatbot knows must be treated as public.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.answering import presets
from app.collaborators import here
from app.domains import embeds, grants, hosts
from app.history import recording
from app.tokens import TokenExpired, TokenInvalid
from models import Chatbot, ChatSession, Embed, Service, db, tenancy
from widget import preview
from widget.errors import WidgetError

PURPOSE = "widget"
TOKEN_S = 15 * 60
SERVICE_CLOSED = "service_closed"


@dataclass(frozen=True)
class Visit:
    """A request that may go on: to this embed, from this origin; `viewer` is whose preview it is.

    One that `is_closed` gets no answers: it is told why, or is about what the visitor has said before.
    """

    embed: Embed
    service: Service
    origin: str
    viewer: preview.Viewer = preview.Viewer()
    bar: str = ""  # the code of what keeps it from answering

    @property
    def is_closed(self) -> bool:
        return bool(self.bar)

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
    return SERVICE_CLOSED if chatbot.is_suspended or not service.is_live else ""


def _says_so(chatbot: Chatbot, bar: str) -> bool:
    """Tell whether the owner wants visitors to read that the chatbot does not answer, rather than to see nothing."""
    if bar == SERVICE_CLOSED:
        return not chatbot.settings.get("hides_when_closed")
    return bool(chatbot.settings.get("says_when_off")) and presets.manner_of(chatbot).audience != "members"


def _enter(embed_uuid: uuid.UUID) -> Visit:
    embed, service = _load(embed_uuid)
    origin = _origin(internal=embed.domain.internal)
    _check_place(embed, origin)
    return _visit(embed, service, origin)


def _visit(embed: Embed, service: Service, origin: str) -> Visit:
    """Open the scope of the embed's service, and look for what keeps it from answering."""
    tenancy.enter(tenancy.service_scope(embed.service_id))
    return Visit(embed, service, origin, bar=_find_bar(embed, service))


def refuse_closed(visit: Visit) -> None:
    """Refuse a visit that gets no answers.

    Raises:
        WidgetError: in the owner's words, where they want that; else as if it were switched off.
    """
    if visit.is_closed:
        says_so = _says_so(visit.chatbot, visit.bar)
        is_hidden = visit.bar == SERVICE_CLOSED and not says_so
        words = presets.manner_of(visit.chatbot).closed if says_so else ""
        raise WidgetError("chatbot_disabled" if is_hidden else visit.bar, words=words)


def refuse_silent(visit: Visit) -> None:
    """Refuse a visit that gets no answers, unless the owner wants the widget to say so."""
    if not _says_so(visit.chatbot, visit.bar):
        refuse_closed(visit)


def refuse_shut(visit: Visit) -> None:
    """Refuse a visit that gets no answers for another reason than that the service does not run.

    Then what visitors have said stays theirs to read and to erase: they have no part in who pays.
    """
    if visit.bar != SERVICE_CLOSED:
        refuse_closed(visit)


def open_embed(embed_uuid: uuid.UUID, preview_token: str) -> Visit:
    """Check an embed against where the request comes from, and open the scope of its service; it may be closed.

    Raises:
        WidgetError: unknown, from elsewhere, not proven, or a preview without its member's token.
    """
    visit = _enter(embed_uuid)
    if not visit.is_preview:
        return visit
    if not preview_token:
        raise WidgetError("token_missing")
    return _check_viewer(visit, preview.read_viewer(visit.embed, preview_token))


def open_test(token: str) -> tuple[Visit, Embed]:
    """Open a test link: return a visit to the preview of its chatbot, and the embed that is tried.

    Raises:
        WidgetError: it is none, or too old; or whoever made it may not chat there any more.
    """
    said = embeds.read_test_link(token)
    if said is None:
        raise WidgetError("not_found")
    embed, service = _load(uuid.UUID(said["embed"]))
    tenancy.enter(tenancy.service_scope(embed.service_id))
    visit = Visit(embeds.preview_embed(embed.chatbot), service, preview.own_origin())
    return _check_viewer(visit, preview.Viewer(said["member"], is_away=True)), embed


def open_hosted(embed_uuid: uuid.UUID) -> Visit:
    """Open the scope of a page on our host that holds one chatbot; asked for by its address, it has no origin.

    Raises:
        WidgetError: it is no such page, or switched off.
    """
    embed, service = _load(embed_uuid)
    if not embed.domain.internal or embed.domain.is_preview:
        raise WidgetError("not_found")
    visit = _visit(embed, service, preview.own_origin())
    refuse_silent(visit)
    return visit


def _check_viewer(visit: Visit, viewer: preview.Viewer) -> Visit:
    if not preview.is_open_to(viewer, visit.chatbot):
        raise WidgetError("token_invalid")
    return replace(visit, viewer=viewer)


def issue_token(visit: Visit, chat: ChatSession) -> str:
    """Return a token for 15 minutes, good for this embed, this origin and this chat session alone."""
    payload = {
        "embed": str(visit.embed.uuid), "origin": visit.origin, "chat": str(chat.uuid), "id": uuid.uuid4().hex,
        "member": visit.viewer.member, "away": visit.viewer.is_away,
    }  # fmt: skip
    return here().signer.sign(PURPOSE, payload)


def _read_token() -> tuple[dict[str, Any], uuid.UUID, uuid.UUID]:
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


def require_chat(*, stopped_too: bool = False) -> tuple[Visit, ChatSession]:
    """Check the token of a request, its origin, that embed, domain and service still stand, and that the chat is open.

    `stopped_too`: also while the service does not run, see `refuse_shut`.

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
        viewer = preview.Viewer(str(payload.get("member", "")), is_away=payload.get("away") is True)
        visit = _check_viewer(visit, viewer)
    (refuse_shut if stopped_too else refuse_closed)(visit)
    chat = recording.find_session(visit.embed, chat_uuid)
    if chat is None:
        raise WidgetError("token_invalid")
    return visit, chat
