"""Sending what was noted: signed, tried again with growing pauses; who never answers is switched off and told by mail.

The signature is `t=<Unix time>,v1=<HMAC-SHA-256 of "<time>.<body>", hexadecimal>` in the header `Docent-Signature`,
with a second `v1` for a day after the secret was renewed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import time
from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, select, update

from app import figures
from app.collaborators import here
from app.languages import in_english
from app.net import FetchError
from app.plans import notices
from app.webhooks import owning
from app.webhooks.payloads import body_of, link_ends_at
from models import Delivery, Webhook, db, tenancy
from models.base import change, is_due, now

PAUSES_S = (60, 300, 1800, 7200, 28_800, 86_400)  # after each try that failed
TAKEN_S = 60  # how long a worker has a delivery for itself
TIMEOUT_S = 10.0
KEPT_DAYS = 30
FORGOTTEN = 500  # deliveries per transaction
OFF_AFTER = dt.timedelta(days=3)  # of failing, with not one try that succeeded
_OK = range(200, 300)


def due_deliveries(limit: int = 50) -> list[int]:
    """Return the ids of deliveries whose time has come."""
    with tenancy.everything():
        due = select(Delivery.id).where(_is_due())
        return list(db.session.scalars(due.order_by(Delivery.due_at).limit(limit)))


def forget_old() -> int:
    """Delete deliveries of a month ago, some at a time; return how many."""
    n_gone = 0
    with tenancy.everything():
        old = select(Delivery.id).where(Delivery.created_at < now() - dt.timedelta(days=KEPT_DAYS)).limit(FORGOTTEN)
        while ids := list(db.session.scalars(old)):
            n_gone += change(delete(Delivery).where(Delivery.id.in_(ids)))
            db.session.commit()
    return n_gone


def deliver(delivery_id: int) -> None:
    """Send one delivery, unless another worker has it, and write down how it went."""
    with tenancy.everything():
        if not _take(delivery_id):
            return
        delivery = db.session.get_one(Delivery, delivery_id)
        if obstacle := _obstacle(delivery):
            figures.count(figures.DELIVERIES, "given_up")
            _conclude(delivery, "failed", None, obstacle)
            return
        url, secrets, name = delivery.webhook.url, owning.secrets_of(delivery.webhook), str(delivery.uuid)
        body = body_of(delivery)
        db.session.rollback()  # nothing is held open while the other side is waited for
        status, error = _send(url, secrets, name, body)
        sent = db.session.get(Delivery, delivery_id)
        if sent is not None:  # else it was deleted meanwhile, with its webhook or with what it told
            _note(sent, status, error)


def _obstacle(delivery: Delivery) -> str:
    """Return why a delivery is not worth a try; empty where it is."""
    if delivery.webhook.status != "active":
        return in_english("The webhook is switched off.")
    if delivery.export_id is not None and link_ends_at(delivery) <= now():
        return in_english(
            "The time of its link is over. Whoever has the file prepared finds it under Export for a week."
        )
    return ""


def _is_due() -> ColumnElement[bool]:
    return (Delivery.state == "waiting") & is_due(Delivery.due_at, dt.timedelta(seconds=PAUSES_S[-1]))


def _take(delivery_id: int) -> bool:
    taking = update(Delivery).where(Delivery.id == delivery_id, _is_due())
    until = now() + dt.timedelta(seconds=TAKEN_S)
    taken = change(taking.values(due_at=until, attempts=Delivery.attempts + 1))
    db.session.commit()
    return bool(taken)


def sign(secrets: Sequence[str], body: bytes, moment: dt.datetime) -> str:
    """Return the header by which the receiver knows that a body is ours and fresh."""
    at = int(moment.timestamp())
    signed = [hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={signature}" for signature in signed)])


def _send(url: str, secrets: Sequence[str], name: str, body: bytes) -> tuple[int | None, str]:
    if not secrets:
        return None, in_english("The secret can't be read any more. Renew it.")
    began = time.monotonic()
    headers = {"Docent-Signature": sign(secrets, body, now()), "Docent-Delivery": name}
    try:
        status = here().fetcher.post_json(url, body, headers, timeout_s=TIMEOUT_S)
    except FetchError as error:
        _count("unreachable", began)
        return None, error.advice
    _count("delivered" if status in _OK else "refused", began)
    return status, "" if status in _OK else in_english("The address answered with status %(status)s.", status=status)


def _count(outcome: str, began: float) -> None:
    figures.count(figures.DELIVERIES, outcome)
    figures.observe(figures.DELIVERY_TIMES, time.monotonic() - began, outcome)


def _note(delivery: Delivery, status: int | None, error: str) -> None:
    """Write down how a try went; after one that failed, when the next is due, if there is one."""
    if not error:
        _count_success(delivery.webhook_id)
        _conclude(delivery, "delivered", status, "")
        return
    _count_failure(delivery, error)
    if delivery.attempts > len(PAUSES_S):
        _conclude(delivery, "failed", status, error)
    else:
        delivery.due_at = now() + dt.timedelta(seconds=PAUSES_S[delivery.attempts - 1])
        _conclude(delivery, "waiting", status, error)


def _conclude(delivery: Delivery, state: str, status: int | None, error: str) -> None:
    delivery.state, delivery.status_code, delivery.error = state, status, error[:500]
    db.session.commit()


def _count_success(webhook_id: int) -> None:
    change(update(Webhook).where(Webhook.id == webhook_id).values(failing_since=None))


def _count_failure(delivery: Delivery, error: str) -> None:
    """Note since when a webhook has been failing; after days of it, switch it off and tell the holder why."""
    first = update(Webhook).where(Webhook.id == delivery.webhook_id, Webhook.failing_since.is_(None))
    change(first.values(failing_since=now()))
    hopeless = update(Webhook).where(
        Webhook.id == delivery.webhook_id, Webhook.status == "active", Webhook.failing_since <= now() - OFF_AFTER
    )
    if change(hopeless.values(status="inactive")):
        _tell_of_the_end(delivery.webhook, error)


def _tell_of_the_end(webhook: Webhook, error: str) -> None:
    """Mail the holder that a webhook was switched off, and why."""
    db.session.refresh(webhook)
    chatbot, since = webhook.chatbot, webhook.failing_since or now()
    notices.add(
        webhook.service_id, "webhook_off", f"{webhook.uuid.hex}-{since:%Y%m%d%H%M}",
        page=f"/chatbot/{chatbot.uuid}/webhooks" if chatbot is not None else "/webhooks/",
        url=webhook.url, chatbot=chatbot.name if chatbot is not None else "", error=error,
    )  # fmt: skip
