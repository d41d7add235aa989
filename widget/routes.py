"""The widget's API, /api/widget/v1: JSON in and out, and one event stream."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request

from app import limits
from app.answering import presets
from app.history import recording, transcripts
from app.plans import usage
from models import ChatSession, Message, db
from models.base import now
from widget import access, turns
from widget.access import Visit
from widget.errors import WidgetError
from widget.strings import STRINGS

blueprint = Blueprint("widget", __name__, url_prefix="/api/widget/v1")

MAX_MESSAGE_CHARS = 2000
MAX_BODY_BYTES = 64_000


@blueprint.errorhandler(WidgetError)
def _refuse(error: WidgetError) -> Response:
    db.session.rollback()
    return error.answer()


@blueprint.after_request
def _add_cors(response: Response) -> Response:
    """Answer the page that asked, with or without an error, never with credentials (Fetch standard, CORS protocol)."""
    origin = request.headers.get("Origin")
    if origin:
        response.headers["Access-Control-Allow-Origin"] = origin
    if request.method == "OPTIONS":  # the browser's preflight; Flask answers it for every route
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = "600"
    response.vary.add("Origin")
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _body() -> dict[str, Any]:
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise WidgetError("too_long")
    body = request.get_json(silent=True, force=True) if request.get_data(cache=True) else {}
    if not isinstance(body, dict):
        raise WidgetError("invalid_request")
    return body


def _text(body: dict[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    value = body.get(name, "")
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise WidgetError("invalid_request")
    if len(value) > limit:
        raise WidgetError("too_long")
    return value.replace("\0", "")


@blueprint.get("/embeds/<uuid:embed_uuid>/config")
def config(embed_uuid: uuid.UUID) -> Response:
    visit = access.open_embed(embed_uuid)
    response = jsonify(_config_of(visit))
    response.headers["Cache-Control"] = "private, max-age=60"
    response.add_etag()
    response.make_conditional(request)  # changes the response it is called on
    return response


def _config_of(visit: Visit) -> dict[str, Any]:
    chatbot, words = visit.chatbot, presets.words_of(visit.chatbot)
    return {
        "embed": str(visit.embed.uuid),
        "title": chatbot.name,
        "greeting": words.greeting,
        "suggestions": list(words.suggestions),
        "theme": {"accent": "#3b5bdb", "mode": "auto", "corner": "right", **chatbot.settings.get("theme", {})},
        "lang": "en",
        "dir": "ltr",
        "strings": STRINGS["en"],
        "features": {"feedback": True, "sources": True, "download": True},
        "limits": {"message_chars": MAX_MESSAGE_CHARS},
        "powered_by": True,
    }


@blueprint.post("/embeds/<uuid:embed_uuid>/session")
def open_session(embed_uuid: uuid.UUID) -> Response:
    visit, body = access.open_embed(embed_uuid), _body()
    access.require_preview_right(visit, _text(body, "preview_token", 2000))
    who = limits.address_group(request.remote_addr)
    if not limits.allow(limits.CHATS_PER_ADDRESS, "chat", who):
        raise WidgetError("rate_limited", limits.retry_after_s(limits.CHATS_PER_ADDRESS))
    resumed = recording.resume_session(visit.embed, _text(body, "resume_token", 200))
    chat, resume_token = resumed or recording.start_session(visit.embed, visit.origin, _text(body, "page", 2000))
    turns_so_far = transcripts.read_turns(chat) if resumed else []
    db.session.commit()
    expires = now() + dt.timedelta(seconds=access.TOKEN_S)
    return jsonify(
        token=access.issue_token(visit, chat), expires_at=expires.isoformat(), session_id=str(chat.uuid),
        resume_token=resume_token, messages=[_turn(message) for message in turns_so_far],
    )  # fmt: skip


def _turn(message: Message) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(message.uuid), "type": message.type, "text": message.message, "at": message.timestamp.isoformat(),
    }  # fmt: skip
    if message.type == "bot":
        shown["state"], shown["finish"] = message.state, message.finish
        shown["feedback"] = {"positive": 1, "neutral": 0, "negative": -1}.get(message.feedback or "")
        shown["sources"] = [
            {"n": c.n, "title": c.title, "url": c.url, "locator": c.locator, "quote": c.quote}
            for c in message.citations
        ]  # fmt: skip
    return shown


def _require_chat() -> tuple[Visit, ChatSession]:
    visit = access.require_token()
    chat = recording.find_session(visit.embed, visit.chat_uuid) if visit.chat_uuid else None
    if chat is None:
        raise WidgetError("token_invalid")
    return visit, chat


@blueprint.post("/messages")
def ask() -> Response:
    visit, chat = _require_chat()
    body = _body()
    text = _text(body, "text", MAX_MESSAGE_CHARS, required=True)
    key = _text(body, "idempotency_key", 64, required=True)
    for rule in (limits.MESSAGES_PER_CHAT, limits.MESSAGES_PER_CHAT_A_DAY):
        if not limits.allow(rule, "message", str(chat.uuid)):
            raise WidgetError("rate_limited", limits.retry_after_s(rule))
    if not visit.is_preview and not usage.reserve(visit.service, "messages_per_month"):
        raise WidgetError("quota_exhausted")
    return turns.stream_answer(visit, chat, text, key)


@blueprint.post("/messages/<uuid:message_uuid>/feedback")
def give_feedback(message_uuid: uuid.UUID) -> Response:
    _, chat = _require_chat()
    value = _body().get("value")
    if value not in (1, 0, -1) or isinstance(value, bool):
        raise WidgetError("invalid_request")
    if not recording.give_feedback(chat, message_uuid, value):
        raise WidgetError("not_found")
    return jsonify(ok=True)


@blueprint.get("/chat/messages")
def read_messages() -> Response:
    _, chat = _require_chat()
    return jsonify(messages=[_turn(message) for message in transcripts.read_turns(chat)])


@blueprint.get("/chat/download")
def download() -> Response:
    _, chat = _require_chat()
    response = jsonify(
        started_at=chat.started_at.isoformat(), messages=[_turn(m) for m in transcripts.read_turns(chat)]
    )
    response.headers["Content-Disposition"] = 'attachment; filename="chat.json"'
    return response


@blueprint.post("/chat/end")
def end() -> Response:
    _, chat = _require_chat()
    recording.end_session(chat)
    return jsonify(ok=True)


@blueprint.delete("/chat")
def erase() -> Response:
    _, chat = _require_chat()
    recording.erase_session(chat)
    return jsonify(ok=True)
