"""What a mail says."""

from __future__ import annotations

from email.utils import make_msgid, parseaddr

from flask import current_app, render_template
from flask_mail import Message

from app.collaborators import here

# what people typed: one line each, so that none ends the subject
_NAMES = ("name", "service", "workspace", "plan", "website", "chatbot", "form", "visitor", "reply_to")

_IN_HTML = {"digest"}  # templates that have an .html beside their .txt, for those who read mails with tables


def link(path: str) -> str:
    """Return an address on this installation. Built from BASE_URL, never from a request's Host header."""
    return here().config.address + path


def has_server() -> bool:
    return bool(current_app.config["MAIL_SERVER"])


def compose(template: str, to: str, **words: object) -> Message:
    """Render `templates/mail/<template>.txt`; its first line is the subject."""
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
