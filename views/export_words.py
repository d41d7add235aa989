"""What a filter asks for, in words."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from app.history.filters import Filter
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.wording import words
from models import Chatbot, Domain, Workspace, db

_PLACES: dict[str, Any] = {"workspace": Workspace, "domain": Domain, "chatbot": Chatbot}
_NAMES = {
    "from": _l("From"), "to": _l("Until"), "workspace": _l("Workspace"), "domain": _l("Website"),
    "chatbot": _l("Chatbot"),
    "state": _l("Answers"), "feedback": _l("Feedback"), "mark": _l("Mark"), "language": _l("Language"),
    "page": _l("Page"), "q": _l("Words"),
    "slower": _l("Slower than"), "form": _l("With a form"), "handed": _l("Handed to a person"),
}  # fmt: skip


def filter_in_words(asked: Filter) -> list[tuple[str, str]]:
    """Return pairs of what is narrowed, and to what."""
    return [(_NAMES.get(name, words(name)), _value(asked, name, text)) for name, text in asked.to_args().items()]


def _value(asked: Filter, name: str, text: str) -> str:
    if name in _PLACES:
        entity = _PLACES[name]
        found = db.session.scalar(select(entity).where(entity.uuid == getattr(asked, name)))
        return str(found) if found is not None else _("one that is gone")
    return f"{text} s" if name == "slower" else words(text) if name in ("state", "feedback", "mark") else text
