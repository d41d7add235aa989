"""Writing exports of chats as files."""

from __future__ import annotations

from app.exports import writing


def write_export(export_id: int) -> None:
    """Write one export, unless somebody is at it or it is done."""
    writing.write(export_id)
