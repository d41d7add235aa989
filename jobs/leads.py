"""Telling webhooks of what visitors have entered."""

from __future__ import annotations

from app.leads import webhooks


def deliver(delivery_id: int) -> None:
    """Send one delivery, if its time has come."""
    webhooks.deliver(delivery_id)
