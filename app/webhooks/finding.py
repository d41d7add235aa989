"""Webhooks as somebody finds them: those that reach nowhere but where they lead, and what was sent to them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import joinedload, selectinload

from models import Chatbot, Delivery, Webhook, WebhookPlace, db, tenancy

_WHOLE = (
    joinedload(Webhook.chatbot),
    joinedload(Webhook.service),
    selectinload(Webhook.places).joinedload(WebhookPlace.workspace),
)


@dataclass(frozen=True)
class Led:
    """Where somebody leads: in workspaces, and in services as a whole, with what comes to them later."""

    workspace_ids: Collection[int]
    service_ids: Collection[int]

    def holds(self) -> ColumnElement[bool]:
        """Return the condition that a webhook tells of nothing that lies elsewhere."""
        chatbots = select(Chatbot.id).where(Chatbot.workspace_id.in_(self.workspace_ids), Chatbot.status != "deleted")
        place = WebhookPlace.workspace_id
        inside = select(WebhookPlace.webhook_id).where(place.in_(self.workspace_ids))
        elsewhere = select(WebhookPlace.webhook_id).where(place.not_in(self.workspace_ids))
        return or_(
            Webhook.chatbot_id.in_(chatbots),
            Webhook.id.in_(inside) & Webhook.id.not_in(elsewhere),
            (Webhook.reach == "service") & Webhook.service_id.in_(self.service_ids),
        )


def of_chatbot(chatbot: Chatbot) -> list[Webhook]:
    query = select(Webhook).where(Webhook.chatbot_id == chatbot.id).options(*_WHOLE)
    return list(db.session.scalars(query.order_by(Webhook.id)))


def query_of(led: Led) -> Select[Webhook]:
    """Return the query of the webhooks that somebody may see. It is cut to them, so read it with all in scope."""
    return select(Webhook).where(led.holds()).options(*_WHOLE)


def list_led(led: Led) -> list[Webhook]:
    """Return the webhooks that somebody may see, service by service."""
    with tenancy.everything():
        return list(db.session.scalars(query_of(led).order_by(Webhook.service_id, Webhook.id)))


def list_for_files(led: Led, service_id: int) -> list[Webhook]:
    """Return those of them that may be told of a service's files: no single chatbot's, and none that is off."""
    query = query_of(led).where(
        Webhook.service_id == service_id, Webhook.reach != "chatbot", Webhook.status == "active"
    )
    with tenancy.everything():
        return list(db.session.scalars(query.order_by(Webhook.id)))


def find(webhook_uuid: uuid.UUID, led: Led) -> Webhook | None:
    """Return a webhook as `list_led` would; a stranger's is not there."""
    with tenancy.everything():
        return db.session.scalar(query_of(led).where(Webhook.uuid == webhook_uuid))


def deliveries_of(webhooks: Collection[Webhook], limit: int = 20) -> list[Delivery]:
    """Return the youngest deliveries to some webhooks."""
    query = select(Delivery).where(Delivery.webhook_id.in_([webhook.id for webhook in webhooks]))
    query = query.options(joinedload(Delivery.webhook), joinedload(Delivery.chatbot))
    with tenancy.everything():
        return list(db.session.scalars(query.order_by(Delivery.id.desc()).limit(limit)))


def find_delivery(delivery_uuid: uuid.UUID, led: Led) -> Delivery | None:
    """Return a delivery to a webhook as `find` would."""
    query = select(Delivery).join(Delivery.webhook).where(led.holds(), Delivery.uuid == delivery_uuid)
    with tenancy.everything():
        return db.session.scalar(query)
