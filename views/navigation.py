"""The navigation of the person who is looking: what they may not open is not shown."""

from __future__ import annotations

from typing import Any

from flask import current_app, g

from app.caller import standing
from app.history.beginnings import CHAT, CHATBOT, begun_by
from app.plans import orders
from models.members import MEMBER

# menu entry -> the right that at least one workspace must give
_NEEDS = {
    "Chat history": "history.view",
    "Unanswered": "history.view",
    "Insights": "history.view",
    "Submissions": "submission.view",
    "Members": "people.view",
    "Invitations": "people.view",
    "Chatbots": "chatbot.view",
    "Sources": "source.view",
    "Domains": "domain.view",
    "Audit": "audit.view",
    "API keys": "key.view",
    "Webhooks": "webhook.view",
    "Workspaces": "workspace.view",
}


_OF_THE_INSTALLATION = {"Orders", "Plans", "Subscriptions", "People", "Mails", "Websites held", "Look at a service"}
_FOR_STAFF = {"Audit"}  # needs nothing of those who run the installation


# menu entry -> what has to be there before it leads anywhere but to an empty list
_COMES_WITH = {
    "Sources": CHATBOT, "Chat history": CHATBOT, "Unanswered": CHAT, "Insights": CHAT, "Submissions": CHAT,
}  # fmt: skip


def _is_too_early(name: str) -> bool:
    """Tell whether a member who begins has nothing there yet; who runs the installation, or looks, is shown all."""
    if name not in _COMES_WITH or standing().platform_role != MEMBER or standing().look is not None:
        return False
    if "begun" not in g:
        g.begun = begun_by(standing().scope())
    return _COMES_WITH[name] not in g.begun


def _is_open(entry: Any, allowed: set[str]) -> bool:
    look = standing().look
    if look is not None and (entry.name in _OF_THE_INSTALLATION or (look.only_chats and entry.name != "Chat history")):
        return False
    action = _NEEDS.get(entry.name)
    is_theirs = entry.name in _FOR_STAFF and standing().sells
    may_open = entry.name in allowed and (action is None or is_theirs or standing().may_anywhere(action))
    return may_open and not _is_too_early(entry.name)


_COUNTS = {"Orders": orders.count_pending}  # menu entry -> how many rows wait there
_KEYS = {  # menu entry -> the key that opens it after a "g"
    "Chatbots": "c", "Sources": "s", "Domains": "d", "Chat history": "y", "Unanswered": "u", "Insights": "i",
    "Members": "m", "Workspaces": "w", "Audit": "a", "Orders": "o", "People": "p",
}  # fmt: skip


def _shown(entry: Any) -> dict[str, Any]:
    count = _COUNTS[entry.name]() if entry.name in _COUNTS else 0
    key = _KEYS.get(entry.name, "")
    return {"label": str(entry.label), "icon": entry.icon, "url": entry.get_url(), "count": count, "key": key}


def navigation() -> list[dict[str, Any]]:
    """Return the menu's groups with the entries that are open to whoever asks, read once for a page."""
    if "navigation" not in g:
        g.navigation = _read()
    found: list[dict[str, Any]] = g.navigation
    return found


def _read() -> list[dict[str, Any]]:
    """Read the menu, empty groups left out. FAB's own `get_data` asks for each entry's right a dozen times."""
    builder = current_app.extensions["appbuilder"]
    menu = builder.menu.get_list()
    names = [entry.name for group in menu for entry in (group, *group.childs)]
    allowed = builder.sm.get_user_menu_access(names)
    groups = []
    for group in menu:
        entries = [_shown(entry) for entry in group.childs if group.name in allowed and _is_open(entry, allowed)]
        if entries:
            groups.append({"label": str(group.label), "entries": entries})
    return groups
