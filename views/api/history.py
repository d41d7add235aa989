"""Visitors' chats, read alone: sessions, messages as they come, and what visitors have entered."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import Select
from sqlalchemy.orm import joinedload, selectinload

from app.api_errors import ApiError
from app.caller import standing
from app.history import feed, filters, matching
from app.history.filters import Filter, FilterError
from app.keyholder import used_key
from app.languages import in_english
from app.leads import submissions
from models import ChatSession, Message, Submission
from models.history import ANSWER_STATES
from models.leads import SUBMISSION_STATES
from models.marks import MARKS
from views.api.fields import MAX_PAGE, PAGE, ChatbotQuery, PageQuery, Row
from views.api.operation import Page, operation
from views.api.resource import Resource, keep, require_anywhere
from views.base import table

MAX_CURSOR_CHARS = 10_000


def _words(description: str, *enum: str, data_key: str | None = None) -> fields.String:
    validate = OneOf(enum) if enum else Length(max=filters.MAX_CHARS)
    return fields.String(validate=validate, data_key=data_key, metadata={"description": description})


class FilterQuery(Schema):
    """Which chats are wanted: the parameters of app/history/filters.py, which reads them."""

    from_ = _words(
        in_english("From this day or moment on, as 2026-11-25 or ISO 8601; UTC where no zone is named"), data_key="from"
    )
    to = _words(in_english("To the end of this day, or to before this moment"))
    workspace = fields.String(metadata={"format": "uuid"})
    domain = fields.String(metadata={"format": "uuid"})
    chatbot = fields.String(metadata={"format": "uuid"})
    state = _words(in_english("With an answer of this state"), *ANSWER_STATES)
    feedback = _words(in_english("With such feedback"), *filters.FEEDBACK)
    mark = _words(in_english("With such a mark of the team"), *MARKS, filters.UNREVIEWED)
    language = _words(in_english("Of the first question, as en"))
    page = _words(in_english("A part of the address of the page"))
    q = _words(in_english("Words that were said"))
    slower = _words(in_english("With an answer that took more seconds than this"))
    form = _words(in_english("Whether a form was filled in"), "yes", "no")
    handed = _words(in_english("Whether it was handed to a person"), "yes", "no")


class SessionQuery(FilterQuery, PageQuery):
    """Which sessions are wanted."""


class FeedQuery(FilterQuery):
    """Where reading goes on, and which chats are wanted."""

    after = fields.String(
        load_default="",
        validate=Length(max=MAX_CURSOR_CHARS),
        metadata={"description": in_english("`next` of the answer before")},
    )
    limit = fields.Integer(load_default=PAGE, validate=Range(1, MAX_PAGE))
    session = fields.UUID(metadata={"description": in_english("The messages of this session alone")})


def _wanted(query: dict[str, Any]) -> Filter:
    try:
        return filters.read({**query, "from": query.get("from_", "")}, service_id=used_key().service_id)
    except FilterError as error:
        raise ApiError("invalid_request", {name: [words] for name, words in error.fields.items()}) from error


def _readable() -> list[int]:
    require_anywhere("history.view")
    return standing().workspaces_where("history.view")


class SessionAnswer(Schema):
    """A visitor's chat."""

    id = fields.UUID(attribute="uuid")
    chatbot = fields.UUID(attribute="chatbot.uuid")
    domain = fields.Function(
        lambda chat: str(chat.domain.uuid) if chat.domain else None, metadata={"type": "string", "nullable": True}
    )
    page = fields.String()
    started_at = fields.AwareDateTime()
    last_message_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    handed_over_at = fields.AwareDateTime(allow_none=True)
    visitor = fields.Dict(allow_none=True, metadata={"description": in_english("As the website's server signed it")})
    browser = fields.String()
    language = fields.String()
    n_questions = fields.Integer()
    last_question = fields.String(metadata={"description": in_english("Its beginning")})
    n_grounded = fields.Integer()
    n_curated = fields.Integer()
    n_refused = fields.Integer()
    n_error = fields.Integer()
    n_positive = fields.Integer()
    n_neutral = fields.Integer()
    n_negative = fields.Integer()
    n_submissions = fields.Integer()
    slowest_ms = fields.Integer(allow_none=True)
    cost = fields.Integer(allow_none=True, metadata={"description": in_english("Of the chat model, in millionths")})


class SessionsApi(Resource):
    """Chat sessions."""

    datamodel = table(ChatSession)
    resource_name, openapi_spec_tag = "sessions", in_english("Sessions and messages")
    view_action = "history.view"
    loads = (joinedload(ChatSession.chatbot), joinedload(ChatSession.domain))

    @operation("", "GET", "List sessions", query=SessionQuery, answer=SessionAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page(matching.cut_sessions(self.rows(), _wanted(query), _readable()), query)

    @operation("/<uuid:session_uuid>", "GET", "Show a session", answer=SessionAnswer)
    def read(self, session_uuid: uuid.UUID) -> Any:
        return self.find(session_uuid)


class CitationAnswer(Schema):
    """What a visitor was shown as proof, as it was then."""

    n = fields.Integer()
    title = fields.String()
    url = fields.String(allow_none=True)
    locator = fields.Dict()
    quote = fields.String()


class MessageAnswer(Schema):
    """One turn of a chat; `state` and all below it are of answers alone."""

    id = fields.UUID(attribute="uuid")
    session = fields.UUID(attribute="chat_session.uuid")
    chatbot = fields.UUID(attribute="chat_session.chatbot.uuid")
    type = fields.String(metadata={"enum": ["bot", "client"]})
    message = fields.String()
    standalone = fields.String(allow_none=True, metadata={"description": in_english("A question as it was understood")})
    timestamp = fields.AwareDateTime()
    state = fields.String(allow_none=True)
    finish = fields.String(allow_none=True)
    feedback = fields.String(allow_none=True)
    feedback_comment = fields.String()
    response_time = fields.Integer(allow_none=True, metadata={"description": in_english("Milliseconds")})
    first_token_ms = fields.Integer(allow_none=True)
    chat_model = fields.String(allow_none=True)
    tokens_in = fields.Integer(allow_none=True)
    tokens_out = fields.Integer(allow_none=True)
    cost = fields.Integer(allow_none=True, metadata={"description": in_english("Of the chat model, in millionths")})
    citations = fields.List(fields.Nested(CitationAnswer))


class MessagesApi(Resource):
    """Messages, oldest first, with a cursor that neither misses nor repeats one while others write."""

    datamodel = table(Message)
    resource_name, openapi_spec_tag = "messages", in_english("Sessions and messages")
    view_action = "history.view"
    loads = (joinedload(Message.chat_session).joinedload(ChatSession.chatbot), selectinload(Message.citations))

    @operation("", "GET", "Read messages as they come", query=FeedQuery, answer=MessageAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        wanted, readable = _wanted(query), _readable()

        def narrow(found: Select[Any]) -> Select[Any]:
            found = found.options(*self.loads)
            if wanted.to_args():  # else the wall cuts it to all that the key reads
                found = matching.cut_messages(found, wanted, readable)
            session = query.get("session")
            return found if session is None else found.where(Message.chat_session.has(ChatSession.uuid == session))

        try:
            page = feed.read(feed.parse_cursor(query["after"]), query["limit"], narrow)
        except feed.CursorError as error:
            raise ApiError("invalid_request", {"after": [str(error)]}) from error
        return Page(page.messages, str(page.cursor), page.has_more)

    @operation("/<uuid:message_uuid>", "GET", "Show a message", answer=MessageAnswer)
    def read(self, message_uuid: uuid.UUID) -> Any:
        return self.find(message_uuid)

    def require(self, action: str, row: Any) -> None:
        super().require(action, row.chat_session)


class SubmissionAnswer(Row):
    """What a visitor entered in a form, or to talk to a person."""

    chatbot = fields.UUID(attribute="chatbot.uuid")
    kind = fields.String(metadata={"enum": ["form", "handoff"]})
    form_name = fields.String()
    answers = fields.Function(
        lambda submission: [answer for answer in submission.answers if isinstance(answer, dict)],
        metadata={
            "type": "array",
            "items": {"type": "object"},
            "description": in_english("Label, kind, value of each field"),
        },
    )
    page = fields.String()
    state = fields.String(metadata={"enum": SUBMISSION_STATES})


class SubmissionQuery(ChatbotQuery):
    """Which submissions are wanted."""

    state = fields.String(validate=OneOf(SUBMISSION_STATES))


class SubmissionChange(Schema):
    """How far somebody has taken care of it."""

    state = fields.String(required=True, validate=OneOf(SUBMISSION_STATES))


class SubmissionsApi(Resource):
    """Submissions."""

    datamodel = table(Submission)
    resource_name, openapi_spec_tag = "submissions", in_english("Submissions")
    view_action = "submission.view"
    loads = (joinedload(Submission.chatbot),)

    @operation("", "GET", "List submissions", query=SubmissionQuery, answer=SubmissionAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:submission_uuid>", "GET", "Show a submission", answer=SubmissionAnswer)
    def read(self, submission_uuid: uuid.UUID) -> Any:
        return self.find(submission_uuid)

    @operation(
        "/<uuid:submission_uuid>",
        "PATCH",
        "Say how far a submission is taken care of",
        body=SubmissionChange,
        answer=SubmissionAnswer,
    )
    def change(self, submission_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        submission = self.find(submission_uuid, "submission.edit")
        submission.state = body["state"]
        return keep("submission.edit", submission)

    @operation("/<uuid:submission_uuid>", "DELETE", "Delete a submission", status=204)
    def remove(self, submission_uuid: uuid.UUID) -> None:
        submission = self.find(submission_uuid, "submission.edit")
        submissions.remove(submission)
        keep("submission.delete", submission)
