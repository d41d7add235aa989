"""Which webhooks whoever asks may see or change."""

from __future__ import annotations

from app.accounts.standing import Standing
from app.caller import standing
from app.webhooks.finding import Led


def led_by(who: Standing, act: str) -> Led:
    """Return where somebody may `view` or `edit` webhooks."""
    return Led(who.workspaces_where(f"webhook.{act}"), who.services_where(f"servicehook.{act}"))


def led_by_caller(act: str = "view") -> Led:
    """Return where the person or the program may `view` or `edit` webhooks."""
    return led_by(standing(), act)
