"""Publishing with a look at the golden questions first: what knowledge and answering do together."""

from __future__ import annotations

from app.answering import golden
from app.knowledge import publish
from app.knowledge.publish import Published


def release(chatbot_id: int) -> Published | None:
    """Build, examine and publish what a chatbot knows now; see `publish.publish`. None also when it is held back."""
    return publish.publish(chatbot_id, golden.examine)
