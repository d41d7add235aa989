"""`insights rebuild`: the figures of chatbots, counted anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.commands.opening import installation, require_chatbot
from app.commands.saying import say
from app.insights.rebuilding import rebuild

if TYPE_CHECKING:
    from config import Config


def run(config: Config, chatbot_uuid: str | None) -> int:
    """Count again what one chatbot, or all of them, have been asked, and print how many rows that were."""
    with installation(config):
        chatbot_id = require_chatbot(chatbot_uuid).id if chatbot_uuid else None
        say(f"{rebuild(chatbot_id):,} questions, answers and forms were counted.")
    return 0
