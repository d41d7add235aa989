"""The navigation of the person who is looking: what they may not open is not shown."""

from __future__ import annotations

from typing import Any

from flask import current_app

from app.caller import standing
from models.members import STAFF, SUPERADMIN

# menu entry -> the right that at least one workspace must give
_NEEDS = {
    "Chat history": "history.view",
    "Members": "people.view",
    "Invitations": "people.view",
    "Chatbots": "chatbot.view",
    "Sources": "source.view",
    "Domains": "domain.view",
    "Audit": "audit.view",
    "Workspaces": "workspace.view",
}


_FOR_STAFF = {"Audit"}  # needs nothing of those who run the installation


def _is_open(entry: dict[str, Any]) -> bool:
    action = _NEEDS.get(entry["name"])
    is_theirs = entry["name"] in _FOR_STAFF and standing().platform_role in (SUPERADMIN, STAFF)
    return action is None or is_theirs or standing().may_anywhere(action)


def navigation() -> list[dict[str, Any]]:
    """Return the menu's groups with the entries that are open to whoever asks; empty groups are left out."""
    groups = []
    for group in current_app.extensions["appbuilder"].menu.get_data():
        entries = [entry for entry in group.get("childs", []) if isinstance(entry, dict) and _is_open(entry)]
        if entries:
            groups.append({"name": group["name"], "label": group["label"], "entries": entries})
    return groups
