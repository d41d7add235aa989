"""What a key is, the workspaces that it opens, and what its service has used."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import Schema, fields
from sqlalchemy import Select, select

from app.accounts import keys
from app.keyholder import used_key
from app.languages import in_english
from app.plans import periods, quotas
from models import Service, Workspace, db
from views.api.fields import PageQuery, Row
from views.api.operation import Page, operation
from views.api.resource import Resource, require_in_service
from views.base import table


class KeyAnswer(Row):
    """The key of the request."""

    name = fields.String()
    rights = fields.String()
    expires_at = fields.AwareDateTime(attribute="expired_at", allow_none=True)
    last_used_at = fields.AwareDateTime(allow_none=True)
    requests_per_minute = fields.Function(
        lambda key: keys.rates_of(key)[0],
        metadata={"type": "integer", "description": in_english("More are answered with 429")},
    )


class KeyApi(BaseApi):
    """The key of the request."""

    resource_name, openapi_spec_tag = "key", in_english("Key")

    @operation("", "GET", "Show the key that this request was sent with", answer=KeyAnswer)
    def show(self) -> Any:
        return used_key()


class WorkspaceAnswer(Row):
    """A workspace that the key opens."""

    name = fields.String()


class WorkspacesApi(Resource):
    """The workspaces that a key opens."""

    datamodel = table(Workspace)
    resource_name, openapi_spec_tag = "workspaces", in_english("Workspaces")
    view_action = "workspace.view"

    def rows(self) -> Select[Any]:
        return super().rows().where(Workspace.deleted_at.is_(None))

    @operation(
        "", "GET", "List the workspaces that this key opens", query=PageQuery, answer=WorkspaceAnswer, is_list=True
    )
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page(self.rows(), query)


class MeterAnswer(Schema):
    """One limit of the plan."""

    metric = fields.String()
    label = fields.String()
    used = fields.Integer()
    limit = fields.Integer(allow_none=True, metadata={"description": in_english("null: nothing is refused")})


class UsageAnswer(Schema):
    """What a service has used of its plan."""

    service = fields.String(metadata={"description": in_english("The name of the service")})
    plan = fields.String()
    month_began_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(allow_none=True)
    meters = fields.List(fields.Nested(MeterAnswer))


class UsageApi(BaseApi):
    """What is used."""

    resource_name, openapi_spec_tag = "usage", in_english("Usage")

    @operation("", "GET", "Show what the service has used of its plan", answer=UsageAnswer)
    def show(self) -> Any:
        service_id = used_key().service_id
        require_in_service("people.view", service_id)
        service = db.session.scalars(select(Service).where(Service.id == service_id)).one()
        return {
            "service": service.name, "plan": service.plan.name, "month_began_at": periods.month_start(service),
            "expires_at": service.expired_at, "meters": quotas.meters(service),
        }  # fmt: skip
