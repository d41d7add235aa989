"""What a workspace role may do: one table. Screens, API and documentation are derived from it."""

from __future__ import annotations

HOLDER, OWNER, ADMIN, USER = "holder", "owner", "admin", "user"
_EVERYBODY = frozenset({HOLDER, OWNER, ADMIN, USER})
_LEADERS = frozenset({HOLDER, OWNER, ADMIN})
_OWNERS = frozenset({HOLDER, OWNER})
_HOLDER = frozenset({HOLDER})

# action -> (roles that may, what it means on a screen)
ACTIONS: dict[str, tuple[frozenset[str], str]] = {
    "service.buy": (_HOLDER, "buy, cancel, renew or transfer the service"),
    "service.export": (_HOLDER, "export the whole service"),
    "workspace.create": (_HOLDER, "make workspaces"),
    "workspace.edit": (_OWNERS, "rename or delete the workspace"),
    "workspace.view": (_EVERYBODY, "see the workspace and who is in it"),
    "people.view": (_LEADERS, "see members and invitations"),
    "people.edit": (_OWNERS, "invite, change roles, remove people"),
    "audit.view": (_OWNERS, "see who changed what"),
    "domain.view": (_EVERYBODY, "see domains"),
    "domain.edit": (_LEADERS, "add, verify, pause and delete domains"),
    "chatbot.view": (_EVERYBODY, "see chatbots and chat in the preview"),
    "chatbot.edit": (_LEADERS, "make, change and delete chatbots; embed them"),
    "source.view": (_EVERYBODY, "see sources and their state"),
    "source.edit": (_LEADERS, "add, retry and delete sources"),
    "history.view": (_LEADERS, "read and export visitors' chats"),
}


def allows(role: str | None, action: str) -> bool:
    """Tell whether a workspace role may do something. An unknown action is a mistake in the program.

    Raises:
        KeyError: no such action.
    """
    return role in ACTIONS[action][0]
