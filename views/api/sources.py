"""What chatbots learn from: files, pages, websites and texts; sent, then watched until they are read."""

from __future__ import annotations

import uuid
from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import OneOf
from sqlalchemy import Select
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.datastructures import FileStorage

from app.knowledge import sources, texts
from app.knowledge.crawling import websites
from app.languages import in_english
from jobs import queues
from models import Chatbot, Source
from models.knowledge import SOURCE_KINDS, SOURCE_STATES
from views.api.fields import ChatbotQuery, Row, Text
from views.api.operation import Page, after_commit, operation
from views.api.resource import Resource, find_chatbot, keep
from views.base import table

ADDED = ("url", "website", "text")
_NEEDS = {"url": {"address"}, "website": {"address"}, "text": {"title", "text"}}


class SourceAnswer(Row):
    """A source."""

    chatbot = fields.UUID(attribute="chatbot.uuid")
    kind = fields.String(metadata={"enum": SOURCE_KINDS})
    title = fields.String()
    state = fields.String(metadata={"enum": SOURCE_STATES})
    progress = fields.Integer(metadata={"description": in_english("Percent, while it is being read")})
    error_code = fields.String(allow_none=True)
    error_advice = fields.String(
        allow_none=True, metadata={"description": in_english("What to do about it, for people")}
    )
    warnings = fields.List(fields.String())
    enabled = fields.Boolean(
        attribute="allowed_training", metadata={"description": in_english("Whether answers use it")}
    )
    file_format = fields.String()
    filesize = fields.Integer(metadata={"description": in_english("Bytes")})
    n_chunks = fields.Integer()
    n_pages = fields.Integer(allow_none=True)
    finished_at = fields.AwareDateTime(allow_none=True)
    published_at = fields.AwareDateTime(allow_none=True)


class SourceQuery(ChatbotQuery):
    """Which sources are wanted."""

    state = fields.String(validate=OneOf(SOURCE_STATES))


class SourceBody(Schema):
    """A page or a website with its `address`, or a `text` with its `title`."""

    kind = fields.String(required=True, validate=OneOf(ADDED))
    address = Text(sources.MAX_URL, metadata={"example": "https://www.example.com/returns"})
    title = Text(texts.MAX_TITLE)
    text = Text(texts.MAX_TEXT)

    @validates_schema
    def _hold_together(self, data: dict[str, Any], **_: Any) -> None:
        needed = _NEEDS.get(data.get("kind", ""), set())
        wrong = {name: ["A source of this kind needs it."] for name in needed - data.keys()}
        wrong |= {name: ["A source of this kind has none."] for name in data.keys() - needed - {"kind"}}
        if needed and wrong:
            raise ValidationError(wrong)


class SourceChange(Schema):
    """What of a source is changed."""

    enabled = fields.Boolean(required=True)


class SourcesApi(Resource):
    """Sources."""

    datamodel = table(Source)
    resource_name, openapi_spec_tag = "sources", in_english("Sources")
    view_action = "source.view"
    loads = (joinedload(Source.chatbot), selectinload(Source.website))

    def rows(self) -> Select[Any]:
        in_use = Source.chatbot.has(Chatbot.status != "deleted")
        return super().rows().where(Source.deleted_at.is_(None), in_use)

    @operation("", "GET", "List sources", query=SourceQuery, answer=SourceAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:source_uuid>", "GET", "Show a source, and how far it is read", answer=SourceAnswer)
    def read(self, source_uuid: uuid.UUID) -> Any:
        return self.find(source_uuid)

    @operation(
        "/<uuid:source_uuid>",
        "PATCH",
        "Take a source out of answers, or back in",
        body=SourceChange,
        answer=SourceAnswer,
    )
    def change(self, source_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        source = self.find(source_uuid, "source.edit")
        if source.allowed_training != body["enabled"]:
            sources.switch(source)
            after_commit(queues.wake_training, source.chatbot_id)
        return keep("source.switch", source)

    @operation("/<uuid:source_uuid>/retry", "POST", "Read a source again", answer=SourceAnswer, status=202)
    def retry(self, source_uuid: uuid.UUID) -> Any:
        source = self.find(source_uuid, "source.edit")
        (sources.queue_again if source.website is None else websites.refresh_idle)(source)
        after_commit(queues.wake_ingestion, source.id)
        return keep("source.retry", source)

    @operation("/<uuid:source_uuid>", "DELETE", "Delete a source; answers use its text no more", status=204)
    def remove(self, source_uuid: uuid.UUID) -> None:
        source = self.find(source_uuid, "source.edit")
        sources.delete(source)
        after_commit(queues.wake_training, source.chatbot_id)
        keep("source.delete", source)


class SourcesOfChatbotApi(BaseApi):
    """Adding sources to a chatbot. What it has already, by content or address, is read again or returned as it is."""

    route_base, resource_name, openapi_spec_tag = "/api/v1/chatbots", "sources", in_english("Sources")

    @operation("/<uuid:chatbot_uuid>/files", "POST", "Upload a file", file=True, answer=SourceAnswer, status=202)
    def upload(self, chatbot_uuid: uuid.UUID, file: FileStorage) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        return _queue(sources.add_file(chatbot, file.filename or "", file.stream))

    @operation(
        "/<uuid:chatbot_uuid>/sources",
        "POST",
        "Add a page, a website or a text",
        body=SourceBody,
        answer=SourceAnswer,
        status=202,
    )
    def add(self, chatbot_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        if body["kind"] == "text":
            return _queue(texts.add(chatbot, body["title"], body["text"]))
        add = sources.add_url if body["kind"] == "url" else websites.add
        return _queue(add(chatbot, body["address"]))


def _queue(source: Source) -> Source:
    keep("source.add", source)
    if sources.is_moving(source):
        after_commit(queues.wake_ingestion, source.id)
    return source
