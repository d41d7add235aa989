"""Mails that are kept as .eml files in the data folder, because there is no mail server."""

from __future__ import annotations

import email
import email.policy
import os
import pathlib
import re
import secrets
import time
from dataclasses import dataclass
from email.message import EmailMessage

from flask_mail import Message

from app.collaborators import here

_NAME = re.compile(r"\d{13}-[0-9a-f]{8}\.eml")
_LINK = re.compile(r"(/(?:verify|invitation|reset|new-address)/)\S+")


@dataclass(frozen=True)
class KeptMail:
    """A mail that was kept because there is no mail server. Secrets in links are replaced."""

    name: str
    to: str
    subject: str
    date: str
    text: str


def _folder() -> pathlib.Path:
    folder: pathlib.Path = here().config.data_dir / "mail"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def keep(message: Message) -> None:
    """Write a mail into the data folder, link and all, readable by the installation's own user alone."""
    kept = EmailMessage(policy=email.policy.SMTP)
    kept["From"], kept["To"], kept["Subject"] = str(message.sender), message.recipients[0], message.subject
    if message.reply_to:
        kept["Reply-To"] = message.reply_to
    kept["Date"] = email.utils.formatdate(usegmt=True)
    kept.set_content(message.body or "")
    if message.html:
        kept.add_alternative(message.html, subtype="html")
    name = f"{int(time.time() * 1000):013d}-{secrets.token_hex(4)}.eml"
    descriptor = os.open(_folder() / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(bytes(kept))


def kept_mails(limit: int = 100) -> list[KeptMail]:
    """Return the youngest kept mails, newest first."""
    names = sorted((path.name for path in _folder().glob("*.eml")), reverse=True)[:limit]
    return [kept for name in names if (kept := read_kept(name)) is not None]


def read_kept(name: str) -> KeptMail | None:
    """Return a kept mail; None when there is none of that name."""
    path = _folder() / name
    if not _NAME.fullmatch(name) or not path.is_file():
        return None
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = parsed.get_body(("plain",))
    text = _LINK.sub(r"\1…", body.get_content() if body else "")
    return KeptMail(name, str(parsed["To"]), str(parsed["Subject"]), str(parsed["Date"]), text)
