"""How columns of generated screens are written: moments, sizes, states, locators. Values are escaped by Markup."""

from __future__ import annotations

import datetime as dt
from typing import Any

from markupsafe import Markup

from app.template_filters import ago, size_in_words

_TONES = {
    "enabled": "good", "active": "good", "ready": "good", "accepted": "good", "grounded": "good", "curated": "good",
    "verified": "good", "positive": "good", "queued": "wait", "fetching": "wait", "parsing": "wait",
    "embedding": "wait", "training": "wait", "due": "wait", "pending": "wait", "refused": "warn", "empty": "idle",
    "disabled": "idle", "inactive": "idle", "revoked": "idle", "canceled": "idle", "expired": "warn",
    "failed": "bad", "error": "bad", "deleted": "bad", "negative": "bad",
}  # fmt: skip


def moment(value: dt.datetime | None) -> Markup | str:
    """Write "3 hours ago" with the exact time for those who hover or listen."""
    if value is None:
        return "–"
    exact = value.strftime("%Y-%m-%d %H:%M UTC")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), exact, ago(value))


def size(value: int | None) -> str:
    return size_in_words(value)


def status_badge(value: Any) -> Markup:
    """Write a state as a word with a tone and a sign, never as color alone."""
    word = str(value or "–")
    return Markup('<span class="badge badge-{}">{}</span>').format(_TONES.get(word, "idle"), word.replace("_", " "))


def yes_no(value: Any) -> Markup:
    return status_badge("verified" if value else "pending")
