"""The outbox: what is to be mailed is a row of the same transaction as its cause; the scheduler sends it.

So no request waits for a mail server or fails with it, a sign-up takes the same time for known and unknown addresses,
and a mail of something that was rolled back is never sent. A row holds no link: its token is derived when it is sent.
"""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
from typing import Any

from flask_mail import Message
from sqlalchemy import ColumnElement, delete, select, update

from app import figures
from app.collaborators import here
from app.languages import in_english
from app.mail.composing import compose, has_server, link
from app.mail.kept import keep
from app.mail.smtp import deliver
from app.mail.words import keep as kept
from models import OutgoingMail, db
from models.base import change, is_due, now

log = logging.getLogger(__name__)

LINK = "link"  # the purpose under which a link's token is derived from its seed
PAUSES_S = (60, 300, 900, 3600, 14_400, 28_800)  # after each try that failed; 13 hours in all: links live for 24
TAKEN_S = 120  # how long a sender has a mail for itself
KEPT_DAYS = 30
_PERMANENT = 500  # SMTP's answers from here on mean: never


def post(
    template: str, to: str, *, page: str = "", seed: str = "", invitation_id: int | None = None, **words: Any
) -> None:
    """Note a mail to be sent, in the caller's transaction; without a mail server it is kept as a file at once.

    `page` and `seed` make its link: what `make_link_token` gave, on that page.
    """
    if not has_server():
        keep(_compose(template, to, page, seed, words))
        return
    row = OutgoingMail(
        template=template, recipient=to, page=page, seed=seed, words=kept(words), invitation_id=invitation_id,
        due_at=now(),
    )  # fmt: skip
    db.session.add(row)


def send(message: Message) -> None:
    """Send a mail now, or keep it when no mail server is set up; for jobs that note themselves what was sent.

    Raises:
        OSError: it could not be sent.
    """
    if has_server():
        deliver(message)
    else:
        keep(message)


def send_due(limit: int = 50) -> int:
    """Send what is due; return how many were. A server that can't be reached ends the turn."""
    if not has_server():
        return 0
    due = select(OutgoingMail.id).where(_is_due())
    ids = list(db.session.scalars(due.order_by(OutgoingMail.due_at).limit(limit)))
    change(delete(OutgoingMail).where(OutgoingMail.created_at < now() - dt.timedelta(days=KEPT_DAYS)))
    db.session.commit()
    n_sent = 0
    for mail_id in ids:
        how = _send_one(mail_id) if _take(mail_id) else "taken"
        figures.count(figures.MAILS, how)
        n_sent += how == "sent"
        if how == "away":
            break
    return n_sent


def _is_due() -> ColumnElement[bool]:
    return (OutgoingMail.state == "waiting") & is_due(OutgoingMail.due_at, dt.timedelta(seconds=PAUSES_S[-1]))


def waiting_mails(limit: int = 100) -> list[OutgoingMail]:
    """Return the mails that were not sent yet, or never will be; newest first."""
    query = select(OutgoingMail).where(OutgoingMail.state != "sent").order_by(OutgoingMail.id.desc())
    return list(db.session.scalars(query.limit(limit)))


def make_link_token() -> tuple[str, str]:
    """Return (seed, token) of a new link: 256 random bits, and what follows from them and the secret key alone."""
    seed = here().signer.make_seed()
    return seed, here().signer.derive(LINK, seed)


def _compose(template: str, to: str, page: str, seed: str, words: dict[str, Any]) -> Message:
    address = link(page + here().signer.derive(LINK, seed)) if seed else link(page)
    return compose(template, to, link=address, **words)


def _take(mail_id: int) -> bool:
    """Take a mail for a while, so that of two schedulers one sends it."""
    taking = update(OutgoingMail).where(OutgoingMail.id == mail_id, _is_due())
    taken = change(taking.values(due_at=now() + dt.timedelta(seconds=TAKEN_S), attempts=OutgoingMail.attempts + 1))
    db.session.commit()
    return bool(taken)


def _send_one(mail_id: int) -> str:
    """Try to send one mail, write down how it went, and return that: sent, refused, or away (the server is)."""
    row = db.session.get_one(OutgoingMail, mail_id)
    attempts = row.attempts
    try:
        message = _compose(row.template, row.recipient, row.page, row.seed, row.words)
        db.session.rollback()  # nothing is held open while the server is waited for
        deliver(message)
    except OSError as error:
        log.warning("mail %s could not be sent: %s", mail_id, error)
        code, reason = _read(error)
        _note_failure(mail_id, attempts, code, reason)
        return "refused" if code else "away"
    except Exception:  # an address that no header can hold: one such mail must not keep back the others
        log.exception("mail %s can't be written", mail_id)
        db.session.rollback()
        _note(mail_id, state="failed", error=in_english("it can't be written as a mail: see the log"))
        return "refused"
    _note(mail_id, state="sent", sent_at=now(), error="", words={}, seed="")
    return "sent"


def _note_failure(mail_id: int, attempts: int, code: int, reason: str) -> None:
    if code >= _PERMANENT or attempts > len(PAUSES_S):
        _note(mail_id, state="failed", error=reason)
    else:
        _note(mail_id, error=reason, due_at=now() + dt.timedelta(seconds=PAUSES_S[attempts - 1]))


def _note(mail_id: int, **values: object) -> None:
    change(update(OutgoingMail).where(OutgoingMail.id == mail_id).values(**values))
    db.session.commit()


def _read(error: OSError) -> tuple[int, str]:
    """Return the server's code (0: it did not answer) and its words."""
    answers: list[tuple[int, bytes | str]] = []
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException) and not isinstance(error, smtplib.SMTPAuthenticationError):
        answers = [(error.smtp_code, error.smtp_error)]
    if not answers:
        return 0, in_english("the mail server can't be used (%(error)s)", error=error)[:500]
    code, said = answers[0]
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return int(code), in_english("the mail server answered %(code)s %(text)s", code=code, text=" ".join(text.split()))[
        :500
    ]
