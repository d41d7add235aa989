"""What owners do with webhooks: add, choose events, renew the secret, try, switch, delete, send again."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from app.collaborators import here
from app.net import FetchError, read_target
from app.refusals import Refusal
from app.sealing import SealBroken
from app.webhooks import events
from models import Chatbot, Delivery, Webhook, db
from models.base import now
from models.webhooks import EVENTS, TEST

PURPOSE = "webhook"
MAX_WEBHOOKS = 3
BEFORE_COUNTS = dt.timedelta(days=1)


class WebhookRefused(Refusal):
    """An address can't be told anything; the message says why."""


def list_webhooks(chatbot: Chatbot) -> list[Webhook]:
    return list(db.session.scalars(select(Webhook).where(Webhook.chatbot_id == chatbot.id).order_by(Webhook.id)))


def find(chatbot: Chatbot, webhook_uuid: uuid.UUID) -> Webhook | None:
    return db.session.scalar(select(Webhook).where(Webhook.chatbot_id == chatbot.id, Webhook.uuid == webhook_uuid))


def add(chatbot: Chatbot, url: str, wanted: Iterable[str]) -> Webhook:
    """Add an address to be told of some events; the caller commits.

    Raises:
        WebhookRefused: it can't be used, asks for nothing, or there are enough of them.
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
    webhook = Webhook(service_id=chatbot.service_id, chatbot_id=chatbot.id, url=target.url, sealed_secret=_new_secret())
    webhook.events = _read_events(wanted)
    db.session.add(webhook)
    db.session.flush()
    return webhook


def choose_events(webhook: Webhook, wanted: Iterable[str]) -> None:
    """Change what an address is told of. The caller commits.

    Raises:
        WebhookRefused: nothing is chosen.
    """
    webhook.events = _read_events(wanted)


def _read_events(wanted: Iterable[str]) -> list[str]:
    chosen = set(wanted)
    known = [event for event in EVENTS if event in chosen]
    if not known:
        raise WebhookRefused("Choose at least one thing that the address is told of.")
    return known


def _new_secret() -> str:
    return here().sealer.seal(PURPOSE, secrets.token_urlsafe(32))


def renew_secret(webhook: Webhook) -> None:
    """Give a webhook another secret; for a day, the one before signs beside it. The caller commits."""
    webhook.sealed_secret_before, webhook.secret_before_until = webhook.sealed_secret, now() + BEFORE_COUNTS
    webhook.sealed_secret = _new_secret()


def switch(webhook: Webhook) -> None:
    """Switch a webhook off, or on again with its failures forgotten. The caller commits."""
    webhook.status, webhook.failing_since = "inactive" if webhook.status == "active" else "active", None


def try_out(webhook: Webhook) -> Delivery:
    """Have something sent that says it is a test, whatever events were chosen. The caller commits and wakes a worker.

    Raises:
        WebhookRefused: it is switched off.
    """
    if webhook.status != "active":
        raise WebhookRefused("Switch the webhook on first.")
    return events.add(webhook, TEST)


def secrets_of(webhook: Webhook) -> list[str]:
    """Return the secrets that sign, the one to copy first; none where they can't be read any more."""
    sealed = [webhook.sealed_secret]
    until = webhook.secret_before_until
    if webhook.sealed_secret_before and until is not None and until > now():
        sealed.append(webhook.sealed_secret_before)
    return [secret for secret in map(_open, sealed) if secret]


def _open(sealed: str) -> str:
    try:
        return here().sealer.open(PURPOSE, sealed)
    except SealBroken:
        return ""


def deliveries_of(chatbot: Chatbot, limit: int = 20) -> list[Delivery]:
    """Return the youngest deliveries of a chatbot's webhooks."""
    query = select(Delivery).where(Delivery.chatbot_id == chatbot.id).options(joinedload(Delivery.webhook))
    return list(db.session.scalars(query.order_by(Delivery.id.desc()).limit(limit)))


def find_delivery(chatbot: Chatbot, delivery_uuid: uuid.UUID) -> Delivery | None:
    return db.session.scalar(select(Delivery).where(Delivery.chatbot_id == chatbot.id, Delivery.uuid == delivery_uuid))


def send_again(delivery: Delivery) -> None:
    """Let a delivery be sent once more, from the beginning, whatever became of it. The caller commits."""
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, now()
