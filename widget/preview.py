"""Our own pages: which origins are ours, and the preview, which is open only to a member who may see the chatbot."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Flask, current_app, request, session
from flask_login import current_user
from sqlalchemy import select

from app.accounts import presence
from app.accounts.standing import find_standing
from app.collaborators import here
from app.domains import embeds
from models import Chatbot, Embed, db, tenancy


def own_origin() -> str:
    """Return the origin under which this request reached us, from the settings.

    The request's own Host counts only where no BASE_URL is set and it is an IP address or localhost: any other name
    could be somebody's who points it at this machine (DNS rebinding).
    """
    config = here().config
    if not config.base_url and _is_plain(request.host):
        return f"{request.scheme}://{request.host}"
    parts = urlsplit(config.address)
    return f"{parts.scheme}://{parts.netloc}"


def _is_plain(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


@dataclass(frozen=True)
class Viewer:
    """Whose preview it is; `is_away`: by a test page of theirs, on a device where they need not be signed in."""

    member: str = ""
    is_away: bool = False


def read_viewer(embed: Embed, token: str) -> Viewer:
    """Return whom a preview token or a test page of this embed was made for; nobody when it is none."""
    payload, is_away = embeds.read_preview(token), False
    if payload is None:
        payload, is_away = embeds.read_test_page(token), True
    if payload is None or payload.get("embed") != str(embed.uuid):
        return Viewer()
    return Viewer(str(payload.get("member", "")), is_away)


def is_open_to(viewer: Viewer, chatbot: Chatbot) -> bool:
    """Tell whether the request comes from that member, still signed in, who may still chat in the preview.

    Who is away has shown it by the link, and is asked for nothing but that they still may.
    """
    member = presence.find_member(viewer.member) if viewer.is_away else current_user
    if member is None or not member.is_authenticated or member.get_id() != viewer.member:
        return False
    return find_standing(member).may_with("chatbot.preview", chatbot)


def watch(viewer: Viewer, chatbot_id: int) -> Callable[[], bool]:
    """Return what tells, while an answer is streamed, whether it still is: the request is over by then."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    device = session.get("device")

    def is_still_open() -> bool:
        with app.app_context(), tenancy.everything():
            name = viewer.member
            person = presence.find_member(name) if viewer.is_away else presence.find_present(name, device)
            chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
            return person is not None and find_standing(person).may_with("chatbot.preview", chatbot)

    return is_still_open
