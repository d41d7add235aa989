"""Which webhooks whoever asks may see or change."""

from __future__ import annotations

from app.caller import standing
from app.webhooks.finding import Led


def led_by_caller(act: str = "view") -> Led:
    """Return where the person or the program may `view` or `edit` webhooks."""
    found = standing()
    return Led(found.workspaces_where(f"webhook.{act}"), found.services_where(f"servicehook.{act}"))
