"""Telling an owner's own systems of submissions: signed, tried again with growing pauses, every delivery listed.

The signature is `t=<Unix time>,v1=<HMAC-SHA-256 of "<time>.<body>", hexadecimal>` in the header `Docent-Signature`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import secrets
import uuid

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from app.collaborators import here
from app.net import FetchError, read_target
from app.refusals import Refusal
from app.sealing import SealBroken
from models import Chatbot, Delivery, Submission, Webhook, db, tenancy
from models.base import change, now

log = logging.getLogger(__name__)

PURPOSE = "webhook"
MAX_WEBHOOKS = 3
PAUSES_S = (60, 300, 1800, 7200, 28_800, 86_400)  # after each try that failed
TAKEN_S = 60  # how long a worker has a delivery for itself
TIMEOUT_S = 10.0
KEPT_DAYS = 30
_OK = range(200, 300)


class WebhookRefused(Refusal):
    """An address can't be told of submissions."""


def list_webhooks(chatbot: Chatbot) -> list[Webhook]:
    return list(db.session.scalars(select(Webhook).where(Webhook.chatbot_id == chatbot.id).order_by(Webhook.id)))


def find(chatbot: Chatbot, webhook_uuid: uuid.UUID) -> Webhook | None:
    return db.session.scalar(select(Webhook).where(Webhook.chatbot_id == chatbot.id, Webhook.uuid == webhook_uuid))


def add(chatbot: Chatbot, url: str) -> Webhook:
    """Add an address to be told; the caller commits.

    Raises:
        WebhookRefused: it can't be used, or there are enough of them.
    """
    try:
        target = read_target(url.strip())
    except FetchError as error:
        raise WebhookRefused(error.advice) from error
    if target.scheme != "https" and not here().config.allow_private_addresses:
        raise WebhookRefused("Use an address that begins with https, so that nobody reads along.")
    present = db.session.scalar(select(func.count(Webhook.id)).where(Webhook.chatbot_id == chatbot.id)) or 0
    if present >= MAX_WEBHOOKS:
        raise WebhookRefused(f"A chatbot has at most {MAX_WEBHOOKS} webhooks. Delete one first.")
    sealed = here().sealer.seal(PURPOSE, secrets.token_urlsafe(32))
    webhook = Webhook(service_id=chatbot.service_id, chatbot_id=chatbot.id, url=target.url, sealed_secret=sealed)
    db.session.add(webhook)
    db.session.flush()
    return webhook


def secret_of(webhook: Webhook) -> str:
    """Return the secret for the owner to copy; empty where it can't be read any more."""
    try:
        return here().sealer.open(PURPOSE, webhook.sealed_secret)
    except SealBroken:
        return ""


def note(submission: Submission) -> None:
    """Note a delivery for each webhook of a submission's chatbot. The caller commits."""
    active = select(Webhook).where(Webhook.chatbot_id == submission.chatbot_id, Webhook.status == "active")
    for webhook in db.session.scalars(active):
        db.session.add(
            Delivery(
                service_id=submission.service_id, chatbot_id=submission.chatbot_id, webhook_id=webhook.id,
                submission_id=submission.id, due_at=now(),
            )
        )  # fmt: skip


def deliveries_of(chatbot: Chatbot, limit: int = 20) -> list[Delivery]:
    """Return the youngest deliveries of a chatbot's webhooks."""
    query = select(Delivery).where(Delivery.chatbot_id == chatbot.id)
    query = query.options(joinedload(Delivery.webhook), joinedload(Delivery.submission))
    return list(db.session.scalars(query.order_by(Delivery.id.desc()).limit(limit)))


def find_delivery(chatbot: Chatbot, delivery_uuid: uuid.UUID) -> Delivery | None:
    return db.session.scalar(select(Delivery).where(Delivery.chatbot_id == chatbot.id, Delivery.uuid == delivery_uuid))


def try_again(delivery: Delivery) -> None:
    """Let a delivery that has failed be tried from the beginning. The caller commits."""
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, now()


def due_deliveries(limit: int = 50) -> list[int]:
    """Return the ids of deliveries whose time has come, and forget those of a month ago."""
    with tenancy.everything():
        change(delete(Delivery).where(Delivery.created_at < now() - dt.timedelta(days=KEPT_DAYS)))
        db.session.commit()
        due = select(Delivery.id).where(Delivery.state == "waiting", Delivery.due_at <= now())
        return list(db.session.scalars(due.order_by(Delivery.due_at).limit(limit)))


def deliver(delivery_id: int) -> None:
    """Send one delivery, unless another worker has it, and write down how it went."""
    with tenancy.everything():
        if not _take(delivery_id):
            return
        delivery = db.session.get_one(Delivery, delivery_id)
        if delivery.webhook.status != "active":
            _note(delivery, "failed", None, "The webhook is switched off.")
            return
        url, secret, name = delivery.webhook.url, secret_of(delivery.webhook), str(delivery.uuid)
        body = _body_of(delivery)
        db.session.rollback()  # nothing is held open while the other side is waited for
        status, error = _send(url, secret, name, body)
        sent = db.session.get(Delivery, delivery_id)
        if sent is not None:  # else it was deleted meanwhile, with its webhook or with what it told
            _note(sent, "", status, error)


def _take(delivery_id: int) -> bool:
    taking = update(Delivery).where(Delivery.id == delivery_id, Delivery.state == "waiting", Delivery.due_at <= now())
    until = now() + dt.timedelta(seconds=TAKEN_S)
    taken = change(taking.values(due_at=until, attempts=Delivery.attempts + 1))
    db.session.commit()
    return bool(taken)


def _body_of(delivery: Delivery) -> bytes:
    submission = delivery.submission
    told = {
        "event": submission.kind, "id": str(submission.uuid), "at": submission.created_at.isoformat(),
        "chatbot": {"id": str(submission.chatbot.uuid), "name": submission.chatbot.name},
        "form": submission.form_name, "answers": submission.answers, "page": submission.page,
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False).encode()


def sign(secret: str, body: bytes, moment: dt.datetime) -> str:
    """Return the header by which the receiver knows that a body is ours and fresh."""
    at = int(moment.timestamp())
    signature = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signature}"


def _send(url: str, secret: str, name: str, body: bytes) -> tuple[int | None, str]:
    if not secret:
        return None, "The secret can't be read any more. Delete the webhook and add it again."
    headers = {"Docent-Signature": sign(secret, body, now()), "Docent-Delivery": name}
    try:
        status = here().fetcher.post_json(url, body, headers, timeout_s=TIMEOUT_S)
    except FetchError as error:
        return None, error.advice
    return status, "" if status in _OK else f"The address answered with status {status}."


def _note(delivery: Delivery, state: str, status: int | None, error: str) -> None:
    """Write down how a try went; after one that failed, when the next is due, if there is one."""
    delivery.status_code, delivery.error = status, error[:500]
    if state or not error:
        delivery.state = state or "delivered"
    elif delivery.attempts > len(PAUSES_S):
        delivery.state = "failed"
    else:
        delivery.due_at = now() + dt.timedelta(seconds=PAUSES_S[delivery.attempts - 1])
    db.session.commit()
