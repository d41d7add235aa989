"""What a workspace role may do: one table. Screens, API and documentation are derived from it.

Of a service that does not run, viewing, exporting, erasing chats and buying are left; somebody who looks at it as
another views alone.
"""

from __future__ import annotations

HOLDER, OWNER, ADMIN, USER = "holder", "owner", "admin", "user"
_EVERYBODY = frozenset({HOLDER, OWNER, ADMIN, USER})
_LEADERS = frozenset({HOLDER, OWNER, ADMIN})
_OWNERS = frozenset({HOLDER, OWNER})
_HOLDER = frozenset({HOLDER})

VIEW, CHANGE, EXPORT, BUY, ERASE = "view", "change", "export", "buy", "erase"

# action -> (roles that may, what kind of act it is, what it means on a screen)
ACTIONS: dict[str, tuple[frozenset[str], str, str]] = {
    "service.buy": (_HOLDER, BUY, "buy, cancel, renew or transfer the service"),
    "service.export": (_HOLDER, EXPORT, "export the whole service"),
    "workspace.create": (_HOLDER, CHANGE, "make workspaces"),
    "workspace.edit": (_OWNERS, CHANGE, "rename or delete the workspace"),
    "workspace.view": (_EVERYBODY, VIEW, "see the workspace and who is in it"),
    "people.view": (_LEADERS, VIEW, "see members and invitations"),
    "people.edit": (_OWNERS, CHANGE, "invite, change roles, remove people"),
    "key.view": (_LEADERS, VIEW, "see and revoke keys of the API"),
    "key.edit": (_LEADERS, CHANGE, "make keys of the API"),
    "webhook.view": (_LEADERS, VIEW, "see webhooks and what was sent to them"),
    "webhook.edit": (_LEADERS, CHANGE, "add, change, try and delete webhooks"),
    "servicehook.view": (_HOLDER, VIEW, "see webhooks of the whole service"),
    "servicehook.edit": (_HOLDER, CHANGE, "have webhooks told of all workspaces, also later ones"),
    "audit.view": (_OWNERS, VIEW, "see who changed what"),
    "domain.view": (_EVERYBODY, VIEW, "see domains"),
    "domain.edit": (_LEADERS, CHANGE, "add, verify, pause and delete domains"),
    "chatbot.view": (_EVERYBODY, VIEW, "see chatbots"),
    "chatbot.preview": (_EVERYBODY, CHANGE, "chat in the preview"),
    "chatbot.edit": (_LEADERS, CHANGE, "make, change and delete chatbots; embed them"),
    "look.view": (_LEADERS, VIEW, "see how chatbots look, behave and speak, and their forms"),
    "source.view": (_EVERYBODY, VIEW, "see sources and their state"),
    "source.edit": (_LEADERS, CHANGE, "add, retry and delete sources"),
    "submission.view": (_LEADERS, VIEW, "see and export what visitors have entered"),
    "submission.edit": (_LEADERS, CHANGE, "take care of what visitors have entered"),
    "history.mark": (_LEADERS, CHANGE, "mark visitors' chats and write notes on them"),
    "history.view": (_LEADERS, VIEW, "read and export visitors' chats"),
    "history.erase": (_OWNERS, ERASE, "erase visitors' chats, and keep some for the law"),
    "privacy.edit": (_OWNERS, CHANGE, "set how long chats are kept and what is redacted"),
    "history.schedule": (_LEADERS, CHANGE, "have new chats exported by the clock"),
}


def allows(role: str | None, action: str) -> bool:
    """Tell whether a workspace role may do something. An unknown action is a mistake in the program.

    Raises:
        KeyError: no such action.
    """
    return role in ACTIONS[action][0]


def is_view(action: str) -> bool:
    return ACTIONS[action][1] == VIEW


def is_change(action: str) -> bool:
    """Tell whether an act needs a service that runs; what is viewed, exported, erased or bought does not."""
    return ACTIONS[action][1] == CHANGE
