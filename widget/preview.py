"""Our own pages: which origins are ours, and the preview, which is open only to a member who may see the chatbot."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import request
from flask_login import current_user

from app.accounts.standing import find_standing
from app.collaborators import here
from app.domains import embeds
from models import Chatbot, Embed


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
