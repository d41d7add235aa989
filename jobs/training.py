"""Reading sources and publishing generations."""

from __future__ import annotations

from app.knowledge import ingest, publish, reconcile
from jobs import queues


def ingest_source(source_id: int) -> None:
    """Read one source, then publish its chatbot, unless more of its sources are waiting: ten uploads, one training."""
    outcome = ingest.ingest(source_id)
    if outcome is not None:
        for chatbot_id in reconcile.chatbots_to_publish_after(source_id):
            queues.wake_training(chatbot_id)


def publish_chatbot(chatbot_id: int) -> None:
    """Publish what a chatbot knows, if that is not published already."""
    if reconcile.is_due(chatbot_id):
        publish.publish(chatbot_id)
