"""What the pages of one chatbot share: finding it for a member who has the right, and the pages above."""

from __future__ import annotations

import uuid

from flask import abort, url_for

from app.caller import standing
from app.knowledge import chatbots
from app.languages import gettext as _
from models import Chatbot


def find_chatbot(chatbot_uuid: uuid.UUID, action: str) -> Chatbot:
    """Return a chatbot; 404 for a stranger's, 403 without the right."""
    chatbot: Chatbot = chatbots.find(chatbot_uuid) or abort(404)
    if not standing().may_with(action, chatbot):
        abort(403)
    return chatbot


def trail_of(chatbot: Chatbot) -> list[tuple[str, str]]:
    """Return the pages above those of a chatbot."""
    own = url_for("ChatbotPage.show", chatbot_uuid=chatbot.uuid)
    return [(_("Chatbots"), url_for("ChatbotView.list")), (chatbot.name, own)]
