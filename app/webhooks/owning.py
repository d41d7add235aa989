"""What owners do with webhooks: add, choose events, renew the secret, try, switch, delete."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import func, select

from app.collaborators import here
from app.languages import gettext as _
from app.languages import retold
from app.net import FetchError, read_target
from app.refusals import Refusal
from app.sealing import SealBroken
from app.webhooks import events
from models import Chatbot, Delivery, Service, Webhook, WebhookPlace, Workspace, db, tenancy
from models.base import now
from models.webhooks import EVENTS, TEST

PURPOSE = "webhook"
MAX_WEBHOOKS = 3  # of one chatbot
MAX_OF_SERVICE = 10  # that reach further than one chatbot
BEFORE_COUNTS = dt.timedelta(days=1)


class WebhookRefused(Refusal):
    """An address can't be told anything; the message says why."""


def add(chatbot: Chatbot, url: str, wanted: Iterable[str]) -> Webhook:
    """Add an address to be told of some events of a chatbot; the caller commits.

    Raises:
        WebhookRefused: it can't be used, asks for nothing, or there are enough of them.
    """
    present = db.session.scalar(select(func.count(Webhook.id)).where(Webhook.chatbot_id == chatbot.id)) or 0
    if present >= MAX_WEBHOOKS:
        raise WebhookRefused(_("A chatbot has at most %(most)s webhooks. Delete one first.", most=MAX_WEBHOOKS))
    return _add(chatbot.service_id, url, wanted, reach="chatbot", chatbot_id=chatbot.id)


def add_for_workspaces(workspaces: Sequence[Workspace], url: str, wanted: Iterable[str]) -> Webhook:
    """Add an address to be told of some events of all chatbots in some workspaces; the caller commits.

    Raises:
        WebhookRefused: as `add` does, or the workspaces are none, or of several services.
    """
    services = {place.service_id for place in workspaces}
    if len(services) != 1:
        raise WebhookRefused(_("Choose at least one workspace, all of one service."))
    [service_id] = services
    _check_room(service_id)
    webhook = _add(service_id, url, wanted, reach="workspaces")
    db.session.add_all(
        WebhookPlace(service_id=service_id, webhook_id=webhook.id, workspace_id=p.id) for p in workspaces
    )
    db.session.flush()
    return webhook


def add_for_service(service: Service, url: str, wanted: Iterable[str]) -> Webhook:
    """Add an address to be told of some events of all chatbots of a service, also later ones; the caller commits.

    Raises:
        WebhookRefused: as `add` does.
    """
    _check_room(service.id)
    return _add(service.id, url, wanted, reach="service")


def _check_room(service_id: int) -> None:
    further = select(func.count(Webhook.id)).where(Webhook.service_id == service_id, Webhook.chatbot_id.is_(None))
    with tenancy.everything():
        present = db.session.scalar(further) or 0
    if present >= MAX_OF_SERVICE:
        raise WebhookRefused(
            _("A service has at most %(most)s webhooks beside its chatbots'. Delete one first.", most=MAX_OF_SERVICE)
        )


def _add(service_id: int, url: str, wanted: Iterable[str], **reach: Any) -> Webhook:
    webhook = Webhook(
        service_id=service_id, url=_read_address(url), events=_read_events(wanted), sealed_secret=_new_secret(), **reach
    )
    db.session.add(webhook)
    db.session.flush()
    return webhook


def _read_address(url: str) -> str:
    try:
        target = read_target(url.strip())
    except FetchError as error:
        raise WebhookRefused(retold(error.advice)) from error
    if target.scheme != "https" and not here().config.allow_private_addresses:
        raise WebhookRefused(_("Use an address that begins with https, so that nobody reads along."))
    return str(target.url)


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
        raise WebhookRefused(_("Choose at least one thing that the address is told of."))
    return known


def _new_secret() -> str:
    return here().sealer.seal(PURPOSE, secrets.token_urlsafe(32))


def renew_secret(webhook: Webhook) -> None:
    """Give a webhook another secret; for a day, the one before signs beside it. The caller commits."""
    webhook.sealed_secret_before, webhook.secret_before_until = webhook.sealed_secret, now() + BEFORE_COUNTS
    webhook.sealed_secret = _new_secret()


def switch(webhook: Webhook, *, is_on: bool) -> None:
    """Switch a webhook on, with its failures forgotten, or off. The caller commits."""
    webhook.status, webhook.failing_since = "active" if is_on else "inactive", None


def try_out(webhook: Webhook) -> Delivery:
    """Have something sent that says it is a test, whatever events were chosen. The caller commits and wakes a worker.

    Raises:
        WebhookRefused: it is switched off.
    """
    if webhook.status != "active":
        raise WebhookRefused(_("Switch the webhook on first."))
    return events.add(webhook, TEST, chatbot_id=webhook.chatbot_id)


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


def send_again(delivery: Delivery) -> None:
    """Let a delivery be sent once more, from the beginning, whatever became of it. The caller commits."""
    delivery.state, delivery.attempts, delivery.due_at = "waiting", 0, now()
