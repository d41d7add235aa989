"""One turn as an event stream: what the visitor's browser reads while the answer is being made on another thread."""

from __future__ import annotations

import queue
import select
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from flask import Flask, Response, current_app, g, request

from app.answering import presets
from app.history import recording
from app.plans import usage
from models import ChatSession, Message, db
from widget import access, preview, running, shown
from widget.access import Visit
from widget.errors import WidgetError
from widget.speaker import METRIC, Speaker, Turn, event, free_place

HEARTBEAT_S = 15.0
BEAT_S = 10.0
LOOK_S = 0.5  # how often a stream looks whether who asked is still there, and a member still may be


class Watch(NamedTuple):
    """What is asked while an answer is streamed, and the code of the error that ends it."""

    is_open: Callable[[], bool]
    code: str


def stream_answer(visit: Visit, chat: ChatSession, text: str, key: str) -> Response:
    """Store a question, count it, and stream its answer; a repeated key streams the answer that is there.

    Raises:
        WidgetError: the last question is still being answered, the quota is used up, or this process has no thread
            to spare.
    """
    try:
        answer = recording.open_turn(chat, text, key)
    except recording.InProgressError as error:
        raise WidgetError("in_progress", 1) from error
    if answer.finish == "complete":
        events = _replay(answer)
        db.session.commit()
        return _respond(iter(events))
    return _speak(visit, answer, text)


def _speak(visit: Visit, answer: Message, text: str) -> Response:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    with free_place(app) as place:
        watch, counted_in = _watch(visit), None
        if not visit.is_preview:
            counted_in = usage.reserve(visit.service, METRIC)
            if counted_in is None:
                raise WidgetError("quota_exhausted", words=presets.manner_of(visit.chatbot).quota)
        ids = answer.id, str(answer.uuid), visit.chatbot.id, visit.service.id
        turn = Turn(*ids, counted_in, g.get("request_id", ""))
        db.session.commit()
        speaker = Speaker(app, turn, text, place)
    response = _respond(_read(speaker, request.environ.get("gunicorn.socket"), watch))
    response.call_on_close(speaker.leave)
    speaker.start()
    return response


def _respond(events: Iterator[str]) -> Response:
    headers = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def _replay(answer: Message) -> list[str]:
    uuid = str(answer.uuid)
    return [
        event("meta", message_id=uuid), event("delta", text=answer.message),
        event("sources", sources=[shown.source(citation) for citation in answer.citations]),
        event("done", message_id=uuid, state=answer.state, finish="replay", offers=shown.offers(answer)),
    ]  # fmt: skip


def _watch(visit: Visit) -> Watch:
    """Return what ends an answer that is being written: a member can be shut out, a chatbot stopped."""
    if visit.is_preview:
        return Watch(preview.watch(visit.viewer, visit.chatbot.id), "token_invalid")
    return Watch(running.watch(visit.embed.id), access.SERVICE_CLOSED)


def _read(speaker: Speaker, connection: Any, watch: Watch) -> Iterator[str]:
    """Yield events as they come, and a comment after 15 silent seconds; end when nobody is there, or may be."""
    spoke_at = looked_at = beat_at = time.monotonic()
    while (said := _next_event(speaker)) is not None:
        moment = time.monotonic()
        if moment - looked_at >= LOOK_S:
            looked_at = moment
            if not watch.is_open():
                cut = WidgetError(watch.code)
                yield event("error", code=cut.code, message=cut.message)
                return
        if moment - beat_at >= BEAT_S:
            beat_at = moment
            speaker.beat()
        if not said and _is_gone(connection):
            return
        if not said and moment - spoke_at >= HEARTBEAT_S:
            said = ": still here\n\n"
        if said:
            spoke_at = moment
            yield said


def _next_event(speaker: Speaker) -> str | None:
    """Return what to send, None at the end; empty where nothing was said for a while."""
    try:
        return speaker.events.get(timeout=LOOK_S)
    except queue.Empty:
        return ""


def _is_gone(connection: Any) -> bool:
    """Tell whether the other end has hung up, where the web server shows us the connection."""
    if not isinstance(connection, socket.socket):
        return False
    try:
        readable, _, _ = select.select([connection], [], [], 0)
        return bool(readable) and connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except ConnectionError:
        return True
    except (OSError, ValueError):  # it can't be told (TLS allows no peeking)
        return False
