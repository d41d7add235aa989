"""Our own pages: which origins are ours, and the preview, which is open only to a member who may see the chatbot."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
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


def read_member(embed: Embed, token: str) -> str:
    """Return the member that a preview token of this embed was made for; empty when it is none."""
    payload = embeds.read_preview(token) or {}
    return str(payload.get("member", "")) if payload.get("embed") == str(embed.uuid) else ""


def is_open_to(member: str, chatbot: Chatbot) -> bool:
    """Tell whether the request comes from that member, still signed in, who may still chat in the preview."""
    if not current_user.is_authenticated or current_user.get_id() != member:
        return False
    return find_standing(current_user).may("chatbot.preview", chatbot.workspace_id)


def watch(member: str, chatbot_id: int) -> Callable[[], bool]:
    """Return what tells, while an answer is streamed, whether it still is: the request is over by then."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    device = session.get("device")

    def is_still_open() -> bool:
        with app.app_context(), tenancy.everything():
            person = presence.find_present(member, device)
            place = db.session.scalar(select(Chatbot.workspace_id).where(Chatbot.id == chatbot_id))
            return person is not None and find_standing(person).may("chatbot.preview", place)

    return is_still_open
