"""What a mail says."""

from __future__ import annotations

from email.utils import make_msgid, parseaddr
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import current_app
from flask_mail import Message
from sqlalchemy import select

from app.collaborators import here
from app.languages import default, speaking
from app.mail.letters import Letter
from app.mail.words import keep, write
from models import Member, Profile, db, tenancy

# what people typed: one line each, so that none ends the subject
_NAMES = ("name", "service", "workspace", "plan", "website", "chatbot", "form", "visitor", "reply_to")


def link(path: str) -> str:
    """Return an address on this installation. Built from BASE_URL, never from a request's Host header."""
    return here().config.address + path


def has_server() -> bool:
    return bool(current_app.config["MAIL_SERVER"])


def _reader(address: str, else_in: str) -> tuple[str, ZoneInfo]:
    """Return language and clock of the person with an address; of a stranger the one to fall back on, and UTC."""
    with tenancy.everything():
        kept = db.session.scalar(select(Profile.meta_data).join(Profile.member).where(Member.email == address)) or {}
    try:
        zone = ZoneInfo(kept.get("time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return str(kept.get("language") or else_in or default()), zone


def compose(template: str, to: str, *, else_in: str = "", **words: Any) -> Message:
    """Write the letter that `templates/mail/<template>.txt` describes, as text and HTML, in its reader's language.

    `else_in` is the language for somebody of whom none is known, such as that of who writes to them; empty: the
    installation's.
    """
    language, zone = _reader(to, else_in)
    with speaking(language):
        return _compose(template, to, write(keep(words), zone))


def _compose(template: str, to: str, words: dict[str, Any]) -> Message:
    named = {name: " ".join(str(words[name]).split()) for name in _NAMES if name in words}
    letter = Letter(here().config.address)
    letter.read(template, {**words, **named})
    message = Message(
        subject=letter.title, recipients=[to], body=letter.as_text(), html=letter.as_html(),
        reply_to=named.get("reply_to"),
    )  # fmt: skip
    domain = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1].rpartition("@")[2]
    message.msgId = make_msgid(domain=domain)  # the default would tell this machine's name
    return message
