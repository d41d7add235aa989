"""What can be told, and noting it: a row for each webhook that asked for it, in the transaction of what happened."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from models import Delivery, Webhook, db
from models.base import now

WORDS = {
    "session": "A visitor asks a first question",
    "refused": "A question could not be answered",
    "form": "A form was filled in",
    "handoff": "A visitor wants to talk to a person",
    "trained": "A training has finished, and is answered from",
    "source_failed": "A source could not be read",
}


def _who_hears(event: str, chatbot_id: int) -> list[Webhook]:
    active = select(Webhook).where(Webhook.chatbot_id == chatbot_id, Webhook.status == "active")
    return [webhook for webhook in db.session.scalars(active) if event in webhook.events]


def is_heard(event: str, chatbot_id: int) -> bool:
    """Tell whether a webhook of a chatbot asks for an event."""
    return bool(_who_hears(event, chatbot_id))


def announce(event: str, chatbot_id: int, **about: Any) -> None:
    """Note that something happened, for each webhook of the chatbot that asked for it. The caller commits.

    `about`: the ids of what it is about, and figures, as columns of a delivery.
    """
    for webhook in _who_hears(event, chatbot_id):
        add(webhook, event, **about)


def add(webhook: Webhook, event: str, **about: Any) -> Delivery:
    """Note one delivery. The caller commits."""
    delivery = Delivery(
        service_id=webhook.service_id, chatbot_id=webhook.chatbot_id, webhook_id=webhook.id, event=event, due_at=now(),
        **about,
    )  # fmt: skip
    db.session.add(delivery)
    db.session.flush()
    return delivery
