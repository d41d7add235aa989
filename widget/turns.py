"""One turn as an event stream: stored before it is shown, stopped when the visitor goes away.

No database connection is held while words are coming: each step opens a short transaction of its own.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, current_app
from sqlalchemy import select

from app import answering
from app.answering.answer import Answer
from app.history import recording
from models import Chatbot, ChatSession, Message, db, tenancy
from widget.access import Visit
from widget.errors import WidgetError

log = logging.getLogger(__name__)


def _event(name: str, **data: Any) -> str:
    """Return one event (HTML standard, server-sent events)."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def stream_answer(visit: Visit, chat: ChatSession, text: str, key: str) -> Response:
    """Store a question and stream its answer.

    Raises:
        WidgetError: the same question is being answered at this moment.
    """
    try:
        turn = recording.open_turn(chat, text, key)
    except recording.InProgressError as error:
        raise WidgetError("in_progress", 2) from error
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    stored = _replay(turn) if turn.finish == "complete" else None
    turn_ids = (turn.id, str(turn.uuid), visit.chatbot.id, visit.embed.service_id)
    db.session.commit()
    events = iter(stored) if stored is not None else _run(app, turn_ids, text)
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def _replay(turn: Message) -> list[str]:
    sources = [
        {"n": c.n, "title": c.title, "url": c.url, "locator": c.locator, "quote": c.quote} for c in turn.citations
    ]
    return [
        _event("meta", message_id=str(turn.uuid)), _event("delta", text=turn.message),
        _event("sources", sources=sources),
        _event("done", message_id=str(turn.uuid), state=turn.state, finish="replay"),
    ]  # fmt: skip


def _run(app: Flask, turn: tuple[int, str, int, int], text: str) -> Iterator[str]:
    turn_id, turn_uuid, chatbot_id, service_id = turn
    yield _event("meta", message_id=turn_uuid)
    with app.app_context(), tenancy.use(tenancy.service_scope(service_id)):
        shown: list[str] = []
        try:
            yield from _answer(turn_id, turn_uuid, chatbot_id, text, shown)
        except GeneratorExit:
            _keep_stopped(turn_id, shown)
            raise
        except Exception:
            log.exception("answer %s broke", turn_uuid)
            db.session.rollback()
            error = WidgetError("provider_error")
            recording.close_turn(turn_id, Answer("error", error.message))
            yield _event("error", code=error.code, message=error.message)


def _answer(turn_id: int, turn_uuid: str, chatbot_id: int, text: str, shown: list[str]) -> Iterator[str]:
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
    for name, value in answering.stream(chatbot, text):
        if name == "answer":
            recording.close_turn(turn_id, value)
            yield _event("sources", sources=[citation.to_json() for citation in value.citations])
            yield _event("done", message_id=turn_uuid, state=value.state, finish="stop")
        else:
            _note(shown, name, value)
            yield _event(name, **({"stage": value} if name == "status" else {"text": value}))


def _note(shown: list[str], name: str, value: str) -> None:
    if name == "replace":
        shown.clear()
    if name in ("delta", "replace"):
        shown.append(value)


def _keep_stopped(turn_id: int, shown: list[str]) -> None:
    """Keep what the visitor saw of an answer that they did not wait for."""
    db.session.rollback()
    recording.close_turn(turn_id, Answer("", "".join(shown)), finish="stopped")
