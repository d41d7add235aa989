"""Webhooks: of one chatbot, or of workspaces that the key opens. What reaches further is its holder's to see."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf
from sqlalchemy import Select, select

from app.api_errors import ApiError
from app.caller import standing
from app.languages import in_english
from app.webhooks import finding, owning
from jobs import queues
from models import Delivery, Webhook, Workspace, db, tenancy
from models.webhooks import EVENTS, EXPORTED, REACHES, TEST
from views.api.fields import ChatbotQuery, PageQuery, Row, Text
from views.api.operation import Page, after_commit, operation
from views.api.resource import Resource, find_chatbot, keep, page_of, refuse, require
from views.base import table
from views.webhook_rights import led_by_caller

MAX_ADDRESS = 2000
STATUSES = ("active", "inactive")


def _events(**how: Any) -> Any:
    return fields.List(fields.String(validate=OneOf(EVENTS)), validate=Length(min=1, max=len(EVENTS)), **how)


class WebhookAnswer(Row):
    """A webhook. Its secret is read on its own, and never stored with a reply."""

    url = fields.String()
    reach = fields.String(metadata={"enum": REACHES})
    chatbot = fields.Function(
        lambda webhook: str(webhook.chatbot.uuid) if webhook.chatbot else None,
        metadata={"type": "string", "nullable": True, "description": in_english("Of this chatbot alone")},
    )
    workspaces = fields.Function(
        lambda webhook: [str(place.workspace.uuid) for place in webhook.places],
        metadata={
            "type": "array",
            "items": {"type": "string"},
            "description": in_english("Of all chatbots in these workspaces"),
        },
    )
    events = fields.List(fields.String(), metadata={"description": ", ".join(EVENTS)})
    status = fields.String(metadata={"enum": STATUSES})
    failing_since = fields.AwareDateTime(
        allow_none=True, metadata={"description": in_english("No delivery has arrived since")}
    )


class WebhookBody(Schema):
    """A new webhook: of a `chatbot`, or of `workspaces`; where neither is named, of all that the key opens."""

    url = Text(MAX_ADDRESS, required=True, metadata={"example": "https://crm.example.com/docent"})
    events = _events(required=True)
    chatbot = fields.UUID()
    workspaces = fields.List(fields.UUID(), validate=Length(min=1, max=100))


class WebhookChange(Schema):
    """What of a webhook is changed; switched on, its failures are forgotten."""

    events = _events()
    status = fields.String(validate=OneOf(STATUSES))


class SecretAnswer(Schema):
    """What signs, the youngest first; for a day after a renewal, the one before signs too."""

    secrets = fields.List(fields.String())


class DeliveryAnswer(Row):
    """One event on its way to a webhook."""

    event = fields.String(metadata={"enum": [*EVENTS, EXPORTED, TEST]})
    state = fields.String(metadata={"enum": ["waiting", "delivered", "failed"]})
    attempts = fields.Integer()
    status_code = fields.Integer(
        allow_none=True, metadata={"description": in_english("What the address answered last")}
    )
    error = fields.String()
    due_at = fields.AwareDateTime(metadata={"description": in_english("When it is tried next, while it waits")})


class WebhooksApi(Resource):
    """Webhooks that tell of nothing but what lies where the key opens."""

    datamodel = table(Webhook)
    resource_name, openapi_spec_tag = "webhooks", in_english("Webhooks")
    view_action = "webhook.view"

    def rows(self) -> Select[Any]:
        """Leave out what reaches beyond the key; whether it may see the rest is asked of its rights."""
        return finding.query_of(finding.Led(list(standing().roles), ()))

    def page(self, query: Select[Any], asked: dict[str, Any]) -> Page:
        """Read with all in scope: what reaches beyond the key is left out by the query itself."""
        with tenancy.everything():
            return super().page(query, asked)

    def find(self, row_uuid: uuid.UUID, action: str = "") -> Any:
        with tenancy.everything():
            return super().find(row_uuid, action)

    def require(self, action: str, row: Any) -> None:
        led = led_by_caller(action.removeprefix("webhook."))
        if finding.find(row.uuid, led) is None:
            raise refuse(action)

    @operation("", "GET", "List webhooks", query=ChatbotQuery, answer=WebhookAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:webhook_uuid>", "GET", "Show a webhook", answer=WebhookAnswer)
    def read(self, webhook_uuid: uuid.UUID) -> Any:
        return self.find(webhook_uuid)

    @operation("", "POST", "Add a webhook", body=WebhookBody, answer=WebhookAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        if "chatbot" in body and "workspaces" in body:
            raise ApiError("invalid_request", {"workspaces": ["Name a chatbot, or workspaces."]})
        if "chatbot" in body:
            made = owning.add(find_chatbot(body["chatbot"], "webhook.edit"), body["url"], body["events"])
        else:
            made = owning.add_for_workspaces(_find_workspaces(body.get("workspaces")), body["url"], body["events"])
        return keep("webhook.add", made)

    @operation("/<uuid:webhook_uuid>", "PATCH", "Change a webhook", body=WebhookChange, answer=WebhookAnswer)
    def change(self, webhook_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        webhook = self.find(webhook_uuid, "webhook.edit")
        if "events" in body:
            owning.choose_events(webhook, body["events"])
        if "status" in body:
            owning.switch(webhook, is_on=body["status"] == "active")
        return keep("webhook.edit", webhook)

    @operation("/<uuid:webhook_uuid>", "DELETE", "Delete a webhook; what waits is told no more", status=204)
    def remove(self, webhook_uuid: uuid.UUID) -> None:
        webhook = self.find(webhook_uuid, "webhook.edit")
        db.session.delete(webhook)
        keep("webhook.delete", webhook)

    @operation("/<uuid:webhook_uuid>/secret", "GET", "Read what signs; for who may change it", answer=SecretAnswer)
    def read_secret(self, webhook_uuid: uuid.UUID) -> Any:
        return {"secrets": owning.secrets_of(self.find(webhook_uuid, "webhook.edit"))}

    @operation("/<uuid:webhook_uuid>/secret", "POST", "Renew what signs", answer=WebhookAnswer)
    def renew_secret(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = self.find(webhook_uuid, "webhook.edit")
        owning.renew_secret(webhook)
        return keep("webhook.renew_secret", webhook)

    @operation("/<uuid:webhook_uuid>/test", "POST", "Have a test sent", answer=DeliveryAnswer, status=202)
    def try_out(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = self.find(webhook_uuid, "webhook.edit")
        delivery = owning.try_out(webhook)
        keep("webhook.try_out", webhook)
        after_commit(queues.wake_deliveries, delivery.id)
        return delivery

    @operation(
        "/<uuid:webhook_uuid>/deliveries", "GET", "List what was sent to a webhook", query=PageQuery,
        answer=DeliveryAnswer, is_list=True,
    )  # fmt: skip
    def read_deliveries(self, webhook_uuid: uuid.UUID, query: dict[str, Any]) -> Page:
        webhook = self.find(webhook_uuid)
        with tenancy.everything():
            return page_of(select(Delivery).where(Delivery.webhook_id == webhook.id), Delivery, query)


def _find_workspaces(named: list[uuid.UUID] | None) -> list[Workspace]:
    """Return the workspaces that are named, or all that the key opens.

    Raises:
        ApiError: one of them is not there for this key, or the key has not the right there.
    """
    query = select(Workspace).where(Workspace.deleted_at.is_(None), Workspace.id.in_(standing().roles))
    if named is not None:
        query = query.where(Workspace.uuid.in_(named))
    found = list(db.session.scalars(query.order_by(Workspace.id)))
    if not found or (named is not None and len(found) != len(set(named))):
        raise ApiError("not_found")
    for place in found:
        require("webhook.edit", place.id)
    return found
