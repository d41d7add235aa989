"""Deleting chats: those whose time is over, and those that somebody wants gone; and redacting those of before."""

from __future__ import annotations

from app.privacy import erasures, purging, redacting, retention


def delete_outlived(chatbot_id: int) -> None:
    """Delete the chats of one chatbot whose time is over."""
    retention.delete_outlived(chatbot_id)


def erase(erasure_id: int) -> None:
    """Delete the chats that somebody wants gone."""
    erasures.run(erasure_id)


def purge(chatbot_id: int) -> None:
    """Delete all below a deleted chatbot whose grace days are over."""
    purging.purge(chatbot_id)


def redact(redaction_id: int) -> None:
    """Redact the earlier chats of one chatbot."""
    redacting.run(redaction_id)
