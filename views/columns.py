"""How columns of generated screens are written: moments, sizes, states, locators. Values are escaped by Markup."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from flask import url_for
from markupsafe import Markup

from app.answering import prices
from app.assets import icon
from app.caller import preferred
from app.collaborators import here
from app.languages import gettext as _
from app.languages import retold
from app.template_filters import ago, size_in_words
from app.wording import words
from models import OutgoingMail, Service

_TONES = {
    "enabled": "good", "active": "good", "ready": "good", "accepted": "good", "grounded": "good", "curated": "good",
    "verified": "good", "proven": "good", "missing": "warn", "wrong": "bad", "unknown": "wait",
    "positive": "good", "queued": "wait", "fetching": "wait", "parsing": "wait",
    "embedding": "wait", "training": "wait", "due": "wait", "pending": "wait", "refused": "warn", "empty": "idle",
    "disabled": "idle", "inactive": "idle", "revoked": "idle", "canceled": "idle", "expired": "warn",
    "new": "warn", "in_progress": "wait", "done": "good", "waiting": "wait", "delivered": "good",
    "full": "bad", "nearly full": "warn", "activated": "good", "rejected": "bad",
    "crawling": "wait", "not taken yet": "warn", "your yes needed": "warn",
    "added": "good", "changed": "good", "unchanged": "good", "removed": "warn", "skipped": "idle",
    "switched off": "idle", "held back": "warn", "suspended": "bad",
    "answered": "good", "found": "warn", "missed": "bad", "better": "good", "worse": "bad",
    "needs_review": "warn", "reviewed": "good", "bad_answer": "bad", "good_example": "good",
    "working": "good", "silent": "warn", "blocked": "bad", "right": "good",
    "failed": "bad", "error": "bad", "deleted": "bad", "negative": "bad",
}  # fmt: skip
_PICTURES = {"good": "check", "wait": "clock", "warn": "alert", "bad": "alert", "idle": "minus"}
_OWN_PICTURES = {"positive": "thumb-up", "negative": "thumb-down"}


def moment(value: dt.datetime | None) -> Markup | str:
    """Write "3 hours ago" with the exact time for those who hover or listen."""
    if value is None:
        return "–"
    value = value if value.tzinfo else value.replace(tzinfo=dt.UTC)  # FAB's own columns know no time zone
    exact = preferred().exactly(value)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(value.isoformat(), exact, ago(value))


def mail_moment(value: str) -> Markup | str:
    """Write the Date of a mail (RFC 5322)."""
    return moment(parsedate_to_datetime(value))


def size(value: int | None) -> Markup:
    return Markup('<span class="size">{}</span>').format(size_in_words(value) if value else "–")


def delivery(mail: OutgoingMail | None) -> str:
    """Write how a mail stands, for the person who caused it; there is none where no server could have carried it."""
    if mail is None:
        return _("link given to the inviter")
    what = {"sent": _("sent"), "waiting": _("on its way"), "failed": _("not sent")}[mail.state]
    return f"{what}: {retold(mail.error)}" if mail.error and mail.state != "sent" else what


def path(value: str | None) -> str:
    """Write where on a website a page is; the website has a column of its own."""
    try:
        return urlsplit(value or "").path or "/"
    except ValueError:
        return value or ""


def status_badge(value: Any, shown: str = "") -> Markup:
    """Write a state as a word with a tone and a picture, never as color alone."""
    word = str(value or "–")
    tone = _TONES.get(word, "idle")
    picture = icon(_OWN_PICTURES.get(word, _PICTURES[tone]))
    return Markup('<span class="badge badge-{}">{}{}</span>').format(tone, picture, shown or words(word))


def yes_no(value: Any) -> Markup:
    return status_badge("verified" if value else "pending")


def link_to_service(service: Service) -> Markup:
    address = url_for("ServicePage.show", service_uuid=service.uuid)
    return Markup('<a href="{}">{}</a>').format(address, service.name)


def cost_in_words(amount: int | None) -> str:
    """Write what a chat model cost, given in millionths."""
    return prices.in_words(amount, here().config.currency)
