"""Every kind of mail with made-up words, for those who want to see what people get."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask_mail import Message

from app.mail.composing import compose, link

_FOLDER = Path(__file__).resolve().parent.parent / "templates" / "mail"

# one value for each word that any mail takes; a letter leaves out what it does not say
WORDS: dict[str, Any] = {
    "name": "Ada", "service": "Acme", "workspace": "Main", "plan": "gold", "website": "https://www.example.com",
    "chatbot": "Shop helper", "form": "Contact", "visitor": "Cid", "holder": "Ben", "email": "cid@example.com",
    "wanted": "ada@example.org", "n_rows": 1234, "per": "chat", "renews": "",
    "until": "3 May 2026, 12:00 UTC",
    "places": "Main (admin), Sales (user)", "said": "Name: Cid\nE-mail: cid@example.com\nQuestion: Do you deliver?",
    "days": 90, "goes": "3 May 2026", "ends": "3 May 2026", "kept": "2 June 2026", "reason": "The invoice is not paid.",
    "order": 1024, "price": "EUR 49.00", "url": "https://hooks.example.com/docent", "error": "status 500",
    "seen": "30 April 2026", "where": "/returns", "refused": True, "day": "30 April 2026",
    "summary": "https://www.example.com: refused 12 times", "level": "80", "used": "80", "limit": "100",
    "whose": "Shop helper", "label": "Messages per month",
    "then": "No visitor is answered until the service's next month begins, or until you choose a larger plan.",
    "message": "Could somebody call me?", "transcript": "Visitor: Do you deliver?\nChatbot: Within three days.",
    "first": "20 April 2026", "last": "26 April 2026", "n_questions": 42,
    "profile": "https://docent.example.com/profile/",
    "figures": [
        {"label": "Questions", "value": "42", "before": "37"}, {"label": "Answered", "value": "91 %", "before": "88 %"},
    ],
    "clusters": [{"name": "Do you deliver to the islands?", "n": 5}, {"name": "Can I pay later?", "n": 1}],
}  # fmt: skip


def kinds() -> list[str]:
    """Return the names of all kinds of mails."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))


def sample(kind: str, to: str) -> Message:
    """Return a mail of a kind as it would reach somebody, in their language. Its link leads to the start page."""
    return compose(kind, to, **{**WORDS, "link": link("/")})
