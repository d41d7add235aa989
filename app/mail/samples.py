"""Every kind of mail with made-up words, for those who want to see what people get."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from flask_mail import Message

from app.languages import present
from app.mail.composing import compose, link
from app.mail.words import Money, Size

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "mail"

# one value for each word that any mail takes; a letter leaves out what it does not say
WORDS: dict[str, Any] = {
    "name": "Ada", "service": "Acme", "workspace": "Main", "plan": "gold", "website": "https://www.example.com",
    "chatbot": "Shop helper", "form": "Contact", "visitor": "Cid", "holder": "Ben", "email": "cid@example.com",
    "wanted": "ada@example.org", "n_rows": 1234, "per": "chat", "renews": "",
    "until": dt.datetime(2026, 5, 3, 12, tzinfo=dt.UTC),
    "places": [("Main", "admin"), ("Sales", "user")],
    "said": "Name: Cid\nE-mail: cid@example.com\nQuestion: Do you deliver?",
    "days": 90, "goes": dt.date(2026, 5, 3), "ends": dt.date(2026, 5, 3),
    "kept": dt.date(2026, 6, 2), "reason": "The invoice is not paid.",
    "order": "1024", "price": Money(1_149_000_000, "EUR"), "url": "https://hooks.example.com/docent",
    "error": "status 500",
    "seen": dt.datetime(2026, 4, 30, 9, 5, tzinfo=dt.UTC), "where": "/returns", "refused": True,
    "day": dt.date(2026, 4, 30),
    "summary": "https://www.example.com: refused 12 times", "level": "80",
    "used": Size(80_000_000), "limit": Size(100_000_000),
    "whose": "Shop helper", "label": "Messages per month",
    "then": "No visitor is answered until the service's next month begins, or until you choose a larger plan.",
    "message": "Could somebody call me?", "transcript": [("client", "Do you deliver?"), ("bot", "Within three days.")],
    "first": dt.date(2026, 4, 20), "last": dt.date(2026, 4, 26), "n_questions": 4242,
    "profile": "https://docent.example.com/profile/",
    "figures": [
        {"label": "Questions", "value": 4242, "before": 3700}, {"label": "Answered", "value": "91 %", "before": "88 %"},
    ],
    "clusters": [{"name": "Do you deliver to the islands?", "n": 5}, {"name": "Can I pay later?", "n": 1}],
}  # fmt: skip


def kinds() -> list[str]:
    """Return the names of all kinds of mails."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))


def sample(kind: str, to: str) -> Message:
    """Return a mail of a kind as it would reach somebody, in their language. Its link leads to the start page."""
    return compose(kind, to, else_in=present(), **{**WORDS, "link": link("/")})
