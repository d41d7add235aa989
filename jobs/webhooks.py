"""Telling webhooks what has happened."""

from __future__ import annotations

from app.webhooks import sending


def deliver(delivery_id: int) -> None:
    """Send one delivery, if its time has come."""
    sending.deliver(delivery_id)
