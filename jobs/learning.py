"""Learning from what visitors asked: what means the same, and what is answered by now."""

from __future__ import annotations

from app.learning import asking, clustering


def learn(chatbot_id: int) -> None:
    """Look at what one chatbot was asked, and ask again what had no good answer."""
    clustering.cluster_due(chatbot_id)
    asking.ask_due(chatbot_id)
