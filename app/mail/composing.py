"""What a mail says."""

from __future__ import annotations

from email.utils import make_msgid, parseaddr

from flask import current_app, render_template
from flask_mail import Message
from sqlalchemy import select

from app.collaborators import here
from app.languages import default, speaking
from models import Member, Profile, db, tenancy

# what people typed: one line each, so that none ends the subject
_NAMES = ("name", "service", "workspace", "plan", "website", "chatbot", "form", "visitor", "reply_to")

_IN_HTML = {"digest"}  # templates that have an .html beside their .txt, for those who read mails with tables


def link(path: str) -> str:
    """Return an address on this installation. Built from BASE_URL, never from a request's Host header."""
    return here().config.address + path


def has_server() -> bool:
    return bool(current_app.config["MAIL_SERVER"])


def language_of(address: str) -> str:
    """Return the language that the person with an address has chosen, else the installation's."""
    with tenancy.everything():
        kept = db.session.scalar(select(Profile.meta_data).join(Profile.member).where(Member.email == address))
    return str((kept or {}).get("language") or default())


def compose(template: str, to: str, **words: object) -> Message:
    """Render `templates/mail/<template>.txt` in its reader's language; its first line is the subject."""
    with speaking(language_of(to)):
        return _compose(template, to, words)


def _compose(template: str, to: str, words: dict[str, object]) -> Message:
    named = {name: " ".join(str(words[name]).split()) for name in _NAMES if name in words}
    subject, _, body = render_template(f"mail/{template}.txt", **{**words, **named}).partition("\n")
    message = Message(
        subject=subject.strip(), recipients=[to], body=body.strip() + "\n", reply_to=named.get("reply_to")
    )
    if template in _IN_HTML:
        message.html = render_template(f"mail/{template}.html", **{**words, **named})
    domain = parseaddr(current_app.config["MAIL_DEFAULT_SENDER"])[1].rpartition("@")[2]
    message.msgId = make_msgid(domain=domain)  # the default would tell this machine's name
    return message
