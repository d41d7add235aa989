"""Deleting chats: those whose time is over, and those that somebody wants gone."""

from __future__ import annotations

from app.privacy import erasures, purging, retention


def delete_outlived(chatbot_id: int) -> None:
    """Delete the chats of one chatbot whose time is over."""
    retention.delete_outlived(chatbot_id)


def erase(erasure_id: int) -> None:
    """Delete the chats that somebody wants gone."""
    erasures.run(erasure_id)


def purge(chatbot_id: int) -> None:
    """Delete all below a deleted chatbot whose grace days are over."""
    purging.purge(chatbot_id)
