"""Deleting chats: those whose time is over, and those that somebody wants gone; and redacting those of before."""

from __future__ import annotations

from app.privacy import erasures, forgetting, purging, redacting, retention
from jobs import queues


def delete_outlived(chatbot_id: int) -> None:
    """Delete the chats of one chatbot whose time is over."""
    retention.delete_outlived(chatbot_id)


def erase(erasure_id: int) -> None:
    """Delete the chats that somebody wants gone."""
    erasures.run(erasure_id)
    queues.wake_forgetting()


def forget_words(_nobody: int) -> None:
    """Take the words of deleted chats out of the index of the search."""
    forgetting.forget_words()


def purge(chatbot_id: int) -> None:
    """Delete all below a deleted chatbot whose grace days are over."""
    purging.purge(chatbot_id)


def redact(redaction_id: int) -> None:
    """Redact the earlier chats of one chatbot."""
    redacting.run(redaction_id)
