"""Chatbots of the API, and their training."""

from __future__ import annotations

import uuid
from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import Schema, fields
from marshmallow.validate import OneOf
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from app.api_errors import ApiError
from app.caller import standing
from app.keyholder import used_key
from app.knowledge import chatbots, holds
from app.languages import in_english
from app.leads import forms
from jobs import queues
from models import Chatbot, Source, Workspace, db
from models.chatbots import CHATBOT_TYPES, TRAINING_STATUSES
from models.knowledge import UNFINISHED
from views.api.fields import PageQuery, Row, Text
from views.api.operation import Page, after_commit, operation
from views.api.resource import Resource, find_chatbot, keep, require
from views.base import table


class ChatbotAnswer(Row):
    """A chatbot."""

    name = fields.String()
    description = fields.String(metadata={"description": in_english("For the team; visitors don't see it")})
    type = fields.String(metadata={"enum": CHATBOT_TYPES})
    status = fields.String(metadata={"enum": ["enabled", "disabled"]})
    is_suspended = fields.Boolean(
        metadata={"description": in_english("By staff: it answers nobody, and can be read but not changed")}
    )
    training_status = fields.String(metadata={"enum": TRAINING_STATUSES})
    last_trained = fields.AwareDateTime(allow_none=True)
    version = fields.Integer(metadata={"description": in_english("How often its knowledge was published")})
    workspace = fields.UUID(attribute="workspace.uuid")


class ChatbotBody(Schema):
    """A new chatbot."""

    name = Text(120, required=True, metadata={"example": "Shop helper"})
    description = Text(2000, empty=True)
    type = fields.String(validate=OneOf(CHATBOT_TYPES), load_default="support")
    workspace = fields.UUID(metadata={"description": in_english("Needed where the key opens several")})


class ChatbotChange(Schema):
    """What of a chatbot is changed; the rest stays."""

    name = Text(120)
    description = Text(2000, empty=True)
    type = fields.String(validate=OneOf(CHATBOT_TYPES))
    status = fields.String(validate=OneOf(["enabled", "disabled"]))


class ChatbotsApi(Resource):
    """Chatbots."""

    datamodel = table(Chatbot)
    resource_name, openapi_spec_tag = "chatbots", in_english("Chatbots")
    view_action = "chatbot.view"
    loads = (joinedload(Chatbot.workspace),)

    def rows(self) -> Select[Any]:
        return super().rows().where(Chatbot.status != "deleted")

    @operation("", "GET", "List chatbots", query=PageQuery, answer=ChatbotAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page(self.rows(), query)

    @operation("/<uuid:chatbot_uuid>", "GET", "Show a chatbot", answer=ChatbotAnswer)
    def read(self, chatbot_uuid: uuid.UUID) -> Any:
        return self.find(chatbot_uuid)

    @operation("", "POST", "Make a chatbot", body=ChatbotBody, answer=ChatbotAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        workspace = _find_workspace(body.pop("workspace", None))
        require("chatbot.edit", workspace.id)
        chatbot = Chatbot(workspace=workspace, **body)
        with db.session.no_autoflush:
            chatbots.complete(chatbot, owner_id=used_key().maker_id)
        db.session.add(chatbot)
        forms.bring_along(chatbot)
        return keep("chatbots.add", chatbot)

    @operation("/<uuid:chatbot_uuid>", "PATCH", "Change a chatbot", body=ChatbotChange, answer=ChatbotAnswer)
    def change(self, chatbot_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        chatbot = self.find(chatbot_uuid, "chatbot.edit")
        for name, value in body.items():
            setattr(chatbot, name, value)
        return keep("chatbots.edit", chatbot)

    @operation(
        "/<uuid:chatbot_uuid>",
        "DELETE",
        "Delete a chatbot; chats stay for the grace days",
        status=204,
    )
    def remove(self, chatbot_uuid: uuid.UUID) -> None:
        chatbot = self.find(chatbot_uuid, "chatbot.edit")
        chatbots.delete(chatbot)
        keep("chatbots.delete", chatbot)


def _find_workspace(workspace_uuid: uuid.UUID | None) -> Workspace:
    """Return the workspace that is named, or the only one that the key opens."""
    query = select(Workspace).where(Workspace.deleted_at.is_(None), Workspace.id.in_(standing().roles))
    if workspace_uuid is not None:
        query = query.where(Workspace.uuid == workspace_uuid)
    found = list(db.session.scalars(query.limit(2)))
    if not found:
        raise ApiError("not_found")
    if len(found) > 1:
        raise ApiError("invalid_request", {"workspace": ["This key opens several: name one."]})
    return found[0]


class TrainingAnswer(Schema):
    """How the knowledge of a chatbot stands."""

    is_suspended = fields.Boolean(
        metadata={"description": in_english("By staff: it answers nobody, and can be read but not changed")}
    )
    training_status = fields.String(metadata={"enum": TRAINING_STATUSES})
    last_trained = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()
    held_for = fields.String(
        metadata={"description": in_english("Why what is new is not published: worse, rollback; else empty")}
    )
    n_unread_sources = fields.Integer(metadata={"description": in_english("Sources that are still being read")})


def _training_of(chatbot: Chatbot) -> dict[str, Any]:
    unread = select(func.count(Source.id)).where(
        Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None), Source.state.in_(UNFINISHED)
    )
    shown = {name: getattr(chatbot, name) for name in ("training_status", "last_trained", "version", "held_for")}
    return {**shown, "n_unread_sources": db.session.scalar(unread)}


class TrainingApi(BaseApi):
    """Training: it begins by itself after each change; here it is watched, and asked for."""

    route_base, resource_name, openapi_spec_tag = "/api/v1/chatbots", "training", in_english("Training")

    @operation("/<uuid:chatbot_uuid>/training", "GET", "Show how a chatbot's knowledge stands", answer=TrainingAnswer)
    def read(self, chatbot_uuid: uuid.UUID) -> Any:
        return _training_of(find_chatbot(chatbot_uuid, "source.view"))

    @operation(
        "/<uuid:chatbot_uuid>/training", "POST", "Train a chatbot anew; its present answers stay until it is done",
        answer=TrainingAnswer, status=202,
    )  # fmt: skip
    def start(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        holds.train(chatbot)
        after_commit(queues.wake_training, chatbot.id)
        return _training_of(keep("chatbot.train", chatbot))
