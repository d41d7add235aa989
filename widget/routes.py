"""The widget's API, /api/widget/v1: JSON in and out, and one event stream. docs/api.md describes it."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import uuid
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from sqlalchemy.orm.exc import StaleDataError

from app import figures, limits
from app.domains import counting, health
from app.history import anonymous, recording, transcripts, visitors
from app.leads import submissions
from app.looks import languages, schema
from app.plans import usage
from app.privacy import erasing
from app.turns import turn
from models import ChatSession, Embed, Service, db
from models.base import now
from widget import access, forms, shown, turns, unused
from widget.body import read_body, read_text, receive
from widget.errors import WidgetError

blueprint = Blueprint("widget", __name__, url_prefix="/api/widget/v1")

MAX_TOKEN_CHARS = 2000
MAX_LANGUAGES = 10


@blueprint.before_request
def _await_turn() -> None:
    """Let a request begin when it is a visitor's turn, and all of it is here: a slow line must not hold a turn.

    An answer's stream goes on after the turn of its request.
    """
    receive()
    g.turn = contextlib.ExitStack()
    g.turn.enter_context(turn())


@blueprint.teardown_request
def _end_turn(_error: BaseException | None) -> None:
    if "turn" in g:
        g.pop("turn").close()


@blueprint.errorhandler(WidgetError)
def _refuse(error: WidgetError) -> Response:
    db.session.rollback()
    if error.code in ("quota_exhausted", "overloaded"):  # a rate counts for itself
        figures.count(figures.REFUSALS, error.code)
    if g.get("embed") and error.reason in health.REASONS:
        counting.note_refusal(g.embed, error.reason, request.headers.get("Origin", ""))
    return error.answer()


@blueprint.errorhandler(StaleDataError)
def _is_over(_error: StaleDataError) -> Response:
    """Say that a chat is over which was erased between the look at its token and this write."""
    db.session.rollback()
    return WidgetError("token_invalid").answer()


@blueprint.after_request
def _add_cors(response: Response) -> Response:
    """Answer the page that asked, with or without an error, never with credentials (Fetch standard, CORS protocol)."""
    origin = request.headers.get("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    if request.method == "OPTIONS":  # the browser's preflight; Flask answers it for every route
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = "600"
    response.vary.add("Origin")
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _limit(rule: str, what: str, who: str, reason: str = "visitor_limit") -> None:
    if not limits.allow(rule, what, who):
        raise WidgetError("rate_limited", limits.retry_after_s(rule), reason=reason)


def _limit_visitors(embed: Embed, service: Service) -> None:
    """Hold one address, an embed, and all of a service together to their rules: none may take what is others'."""
    for rule in (limits.MESSAGES_PER_ADDRESS, limits.MESSAGES_PER_ADDRESS_A_DAY):
        _limit(rule, "message from", limits.address_group(request.remote_addr))
    a_minute = usage.limit_of(service, "requests_per_minute")
    if a_minute:  # none where nothing is refused; 0 is for the monthly quota to say
        _limit(f"{a_minute} per minute", "message to", str(service.id), "service_limit")
    for most, span in ((embed.max_questions_a_minute, "minute"), (embed.max_questions_a_day, "day")):
        if most:
            _limit(f"{most} per {span}", "message on", str(embed.id), "embed_limit")


def _read_draft(body: dict[str, Any]) -> dict[str, Any]:
    """Return the look that the editor is showing; what can't be used in it is left out."""
    draft = body.get("draft")
    return schema.read_draft(draft) if isinstance(draft, dict) else {}


@blueprint.route("/embeds/<uuid:embed_uuid>/config", methods=["GET", "POST"])
def config(embed_uuid: uuid.UUID) -> Response:
    """Describe the widget. A preview posts: it shows its token, and a GET from our own page would carry no Origin."""
    body = read_body()
    visit = access.open_embed(embed_uuid, read_text(body, "preview_token", MAX_TOKEN_CHARS))
    access.refuse_silent(visit)
    wished = request.args.get("lang", "").split(",")[:MAX_LANGUAGES]
    response = jsonify(shown.config(visit, wished, _read_draft(body) if visit.is_preview else {}))
    if not visit.is_preview:
        counting.note_load(visit.embed.id, request.args.get("page", ""))
    if request.method == "GET":
        response.headers["Cache-Control"] = "private, max-age=60"
        response.add_etag()
        response.make_conditional(request)  # changes the response it is called on
    return response


@blueprint.post("/embeds/<uuid:embed_uuid>/session")
def open_session(embed_uuid: uuid.UUID) -> Response:
    body = read_body()
    visit = access.open_embed(embed_uuid, read_text(body, "preview_token", MAX_TOKEN_CHARS))
    access.refuse_shut(visit)
    _limit(limits.CHATS_PER_ADDRESS, "chat", limits.address_group(request.remote_addr))
    identity = body.get("identity")
    visitor = visitors.recognize(visit.chatbot, identity) if isinstance(identity, dict) else None
    resumed = recording.resume_session(visit.embed, read_text(body, "resume_token", 200), visitor)
    chat, resume_token = resumed or _start(visit, read_text(body, "page", 2000))
    recording.welcome(chat, visitor, has_agreed=body.get("consent") is True)
    messages = transcripts.read_turns(chat) if resumed else []
    db.session.commit()
    expires = now() + dt.timedelta(seconds=access.TOKEN_S)
    return jsonify(
        token=access.issue_token(visit, chat), expires_at=expires.isoformat(), session_id=str(chat.uuid),
        resume_token=resume_token, messages=[shown.turn(message) for message in messages],
    )  # fmt: skip


def _start(visit: access.Visit, page: str) -> tuple[ChatSession, str]:
    access.refuse_closed(visit)
    if not unused.has_room(visit.embed):
        raise WidgetError("rate_limited", limits.retry_after_s(limits.CHATS_PER_ADDRESS), reason="unused_chats")
    trace = anonymous.trace(visit.service.id, request.remote_addr, request.user_agent.string)
    language = languages.choose(request.accept_languages.values())
    chat, resume_token = recording.start_session(visit.embed, visit.origin, page, trace, language)
    unused.note_opened(chat)
    return chat, resume_token


@blueprint.post("/embeds/<uuid:embed_uuid>/identity")
def identify(embed_uuid: uuid.UUID) -> Response:
    """Tell whether the owner's server has signed who the visitor is; the page then says so with its session."""
    body = read_body()
    visit = access.open_embed(embed_uuid, read_text(body, "preview_token", MAX_TOKEN_CHARS))
    access.refuse_closed(visit)
    _limit(limits.CHATS_PER_ADDRESS, "identity", limits.address_group(request.remote_addr))
    if visitors.recognize(visit.chatbot, body) is None:
        raise WidgetError("identity_unproven")
    return jsonify(ok=True)


@blueprint.post("/messages")
def ask() -> Response:
    visit, chat = access.require_chat()
    body = read_body()
    text = read_text(body, "text", shown.MAX_MESSAGE_CHARS, required=True)
    key = read_text(body, "idempotency_key", 64, required=True)
    for rule in (limits.MESSAGES_PER_CHAT, limits.MESSAGES_PER_CHAT_A_DAY):
        _limit(rule, "message", str(chat.uuid))
    if visit.is_preview:
        for rule in (limits.PREVIEWS_PER_MEMBER, limits.PREVIEWS_PER_MEMBER_A_DAY):
            _limit(rule, "preview", visit.viewer.member)
    else:
        _limit_visitors(visit.embed, visit.service)
    unused.note_used(chat)
    return turns.stream_answer(visit, chat, text, key)


@blueprint.post("/messages/<uuid:message_uuid>/feedback")
def give_feedback(message_uuid: uuid.UUID) -> Response:
    _, chat = access.require_chat()
    _limit(limits.MESSAGES_PER_CHAT, "feedback", str(chat.uuid))
    body = read_body()
    value = body.get("value", ...)
    if type(value) not in (int, type(None)) or value not in recording.FEEDBACK:
        raise WidgetError("invalid_request")
    comment = read_text(body, "comment", recording.MAX_COMMENT)
    if not recording.give_feedback(chat, message_uuid, value, comment):
        raise WidgetError("not_found")
    return jsonify(ok=True)


@blueprint.get("/chat/messages")
def read_messages() -> Response:
    _, chat = access.require_chat(stopped_too=True)
    return jsonify(messages=[shown.turn(message) for message in transcripts.read_turns(chat)])


@blueprint.route("/chat/download", methods=["GET", "POST"])
def download() -> Response:
    """Return the whole chat as a file: a text to read, or `format=json` for programs."""
    _, chat = access.require_chat(stopped_too=True)
    messages, left = transcripts.read_turns(chat), submissions.of_chat(chat)
    if request.args.get("format") == "json":
        kind, name = "application/json", "chat.json"
        text = json.dumps(shown.archive(chat, messages, left), ensure_ascii=False)
    else:
        language = languages.choose([request.args.get("lang", "")])
        kind, name = "text/plain", "chat.txt"
        text = shown.transcript(chat, messages, left, language)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype=kind, headers=headers)


@blueprint.post("/chat/end")
def end() -> Response:
    _, chat = access.require_chat(stopped_too=True)
    recording.end_session(chat)
    return jsonify(ok=True)


@blueprint.delete("/chat")
def erase() -> Response:
    """Delete the chat at once; one under a legal hold ends, and is kept until its owner lets it go."""
    _, chat = access.require_chat(stopped_too=True)
    return jsonify({"ok": True} if erasing.erase_for_visitor(chat) else {"ok": True, "kept": True})


forms.register(blueprint)
