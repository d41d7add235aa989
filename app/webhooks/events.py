"""What can be told, and noting it: a row for each webhook that asked for it, in the transaction of what happened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select

from app.languages import lazy_gettext as _l
from models import Chatbot, Delivery, Webhook, WebhookPlace, db, tenancy
from models.base import now

WORDS = {
    "session": _l("A visitor asks a first question"),
    "refused": _l("A question could not be answered"),
    "form": _l("A form was filled in"),
    "handoff": _l("A visitor wants to talk to a person"),
    "trained": _l("A training has finished, and is answered from"),
    "source_failed": _l("A source could not be read"),
}


def is_heard(event: str, chatbot_id: int) -> bool:
    """Tell whether a webhook that reaches a chatbot asks for an event."""
    return bool(_who_hears(event, chatbot_id))


def announce(event: str, chatbot_id: int, **about: Any) -> None:
    """Note that something happened, for each webhook that reaches the chatbot and asked for it. The caller commits.

    `about`: the ids of what it is about, and figures, as columns of a delivery.
    """
    for webhook in _who_hears(event, chatbot_id):
        add(webhook, event, chatbot_id=chatbot_id, **about)


def _who_hears(event: str, chatbot_id: int) -> list[Webhook]:
    """Return the webhooks of a chatbot, of its workspace and of its service that are on and asked for an event."""
    with tenancy.everything():
        place = select(Chatbot.service_id, Chatbot.workspace_id).where(Chatbot.id == chatbot_id)
        service_id, workspace_id = db.session.execute(place).one()
        placed = select(WebhookPlace.webhook_id).where(WebhookPlace.workspace_id == workspace_id)
        reaches = or_(Webhook.chatbot_id == chatbot_id, Webhook.reach == "service", Webhook.id.in_(placed))
        active = select(Webhook).where(Webhook.service_id == service_id, Webhook.status == "active", reaches)
        return [webhook for webhook in db.session.scalars(active.order_by(Webhook.id)) if event in webhook.events]


def add(webhook: Webhook, event: str, **about: Any) -> Delivery:
    """Note one delivery. The caller commits."""
    delivery = Delivery(service_id=webhook.service_id, webhook_id=webhook.id, event=event, due_at=now(), **about)
    db.session.add(delivery)
    db.session.flush()
    return delivery
