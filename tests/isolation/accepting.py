"""What no general rule knows of a form: what to enter, and how things must stand, so that it is accepted."""

from __future__ import annotations

import io
import re
from typing import Any

import sqlalchemy as sa
from PIL import Image


def _picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 64), "#123456").save(made, "PNG")
    return made.getvalue()


# where a form posts to -> SQL that makes room for what it does
READY = {
    r"/privacy/redact$": """UPDATE chatbots SET settings = '{"privacy": {"days": null, "redacts": true}}'""",
    r"/redact$": "DELETE FROM redactions",
    r"/hold$|/privacy/erase$": "DELETE FROM legal_holds",
    r"/embeds$|/domain/.+/chatbots$": "UPDATE embeds SET status = 'inactive'",
    r"/privacy/erase$": """UPDATE chat_sessions SET visitor = '{"id": "nora"}', started_at = CURRENT_TIMESTAMP""",
    r"^/workspaceview/delete/": "UPDATE chatbots SET status = 'deleted'",
    r"^/suspensions/chatbot/.+/lift$": "UPDATE chatbots SET suspended_for = 'Spam'",
    r"^/service-care/.+/lift$": "UPDATE services SET status = 'disabled'",
    r"^/service-care/.+/extend$": "UPDATE user_service_subscribed SET expired_at = '2099-01-01 00:00:00'",
    r"^/memberview/lift/": "UPDATE ab_user SET status = 'disabled' WHERE id = :member_id",
    r"^/terms/versions/.+/withdraw$": "UPDATE terms SET withdrawn_at = NULL",
    r"^/holding/release$": "UPDATE domains SET verified = true",
    r"^/profile/password$": "UPDATE ab_user SET password = (SELECT password FROM ab_user WHERE id = :member_id)",
}
# who sends a form, and where it posts to -> why it changes nothing
CHANGES_NOTHING = {
    r"/preview$": "a question is answered, as often as it is asked",
    r"/model/test$": "a server is tried, as often as somebody asks",
    r"^superadmin /profile/delete/$": "the only superadmin stays",
}
_FITTING: dict[str, dict[str, Any]] = {
    r"/embeds$|/domain/.+/chatbots$": {"domain-shown": "", "chatbot-shown": ""},  # READY has unticked them
    r"/answers/import$": {"file": b"question,answer\nWhere are you?,In Utrecht.\n"},
    r"^/golden/.+/add$": {"file": b"question,source,words\nWhere are you?,,Utrecht\n"},
    r"/look$": {"header": "#123456", "avatar": _picture(), "logo": _picture()},
    r"/behavior$": {
        "show_on": "/shop/*", "hide_on": "/shop/till", "consent_link": "https://www.example.com/privacy",
        **dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "09:00-17:00"),
    },
    r"^/website/.+/change$": {"max_pages": "5"},
    r"/model$": {"base_url": "https://api.example.com/v1"},
    r"^/planview/add$": {"name": "bronze", "price": "19.00"},
}  # fmt: skip


def _found(table: dict[str, Any], action: str) -> list[Any]:
    return [value for pattern, value in table.items() if re.search(pattern, action.partition("?")[0])]


def is_to_change(who: str, action: str) -> bool:
    return not _found(CHANGES_NOTHING, f"{who} {action}")


def make_ready(engine: sa.Engine, action: str, member_id: int) -> None:
    with engine.begin() as connection:
        for statement in _found(READY, action):
            named = {"member_id": member_id} if ":member_id" in statement else {}
            connection.exec_driver_sql(statement, named)


def fitting(action: str, of_ada: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what is to be entered into a form; `of_ada` holds what depends on Ada's rows, by the same patterns."""
    found: dict[str, Any] = {}
    for values in (*_found(_FITTING, action), *_found(of_ada, action)):
        found |= values
    return found
