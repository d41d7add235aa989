"""What a webhook is sent, version 1: fields may be added, and none changes its meaning (docs/webhooks.md)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from app.collaborators import here
from models import Delivery, Message, db

VERSION = 1
MAX_TURNS = 100  # of a chat that is handed over, the latest
LINK_LASTS = dt.timedelta(hours=24)


def body_of(delivery: Delivery) -> bytes:
    """Return the JSON that tells what a delivery is about; what is of no chatbot names none."""
    service, chatbot = delivery.webhook.service, delivery.chatbot
    told: dict[str, Any] = {"version": VERSION, "event": delivery.event}
    told["service"] = {"id": str(service.uuid), "name": service.name}
    if chatbot is not None:
        told["chatbot"] = {"id": str(chatbot.uuid), "name": chatbot.name}
    return json.dumps({**told, **_TELL[delivery.event](delivery)}, ensure_ascii=False).encode()


def _submission(delivery: Delivery) -> dict[str, Any]:
    assert delivery.submission is not None  # it would have gone with it
    row = delivery.submission
    return {
        "id": str(row.uuid), "at": row.created_at.isoformat(), "form": row.form_name, "answers": row.answers,
        "page": row.page,
    }  # fmt: skip


def _handoff(delivery: Delivery) -> dict[str, Any]:
    """Tell what a submission holds, and what was said before it: enough to answer the visitor from."""
    assert delivery.submission is not None
    latest = select(Message.type, Message.message).where(Message.session_id == delivery.submission.session_id)
    rows = db.session.execute(latest.order_by(Message.id.desc()).limit(MAX_TURNS)).all()
    said = [{"by": "visitor" if row.type == "client" else "chatbot", "text": row.message} for row in reversed(rows)]
    return {**_submission(delivery), "transcript": said}


def _message(delivery: Delivery) -> tuple[Message, dict[str, Any]]:
    assert delivery.message is not None
    message, chat = delivery.message, delivery.message.chat_session
    told = {"id": str(message.uuid), "at": message.timestamp.isoformat(), "session": str(chat.uuid), "page": chat.page}
    return message, told


def _session(delivery: Delivery) -> dict[str, Any]:
    question, told = _message(delivery)
    return {**told, "language": question.chat_session.language, "question": question.message}


def _refused(delivery: Delivery) -> dict[str, Any]:
    answer, told = _message(delivery)
    question = db.session.scalar(select(Message).where(Message.id == answer.question_id))
    asked = {"question": question.message, "standalone": question.standalone} if question is not None else {}
    return {**told, **asked, "answer": answer.message}


def _trained(delivery: Delivery) -> dict[str, Any]:
    assert delivery.chatbot is not None
    kind = delivery.chatbot.type
    return {"id": str(delivery.uuid), "at": delivery.created_at.isoformat(), "type": kind, **delivery.figures}


def _source_failed(delivery: Delivery) -> dict[str, Any]:
    assert delivery.source is not None
    row = delivery.source
    told = {"id": str(row.uuid), "at": delivery.created_at.isoformat(), "kind": row.kind, "title": row.title}
    return {**told, "error_code": row.error_code, "error_advice": row.error_advice}


def _exported(delivery: Delivery) -> dict[str, Any]:
    assert delivery.export is not None
    row = delivery.export
    return {
        "id": str(row.uuid), "at": delivery.created_at.isoformat(), "per": row.per, "format": row.format,
        "rows": row.n_rows, "size_bytes": row.size_bytes, "file": row.file_name,
        "link": f"{here().config.address}/api/v1/exports/{row.uuid}/file",
        "valid_until": link_ends_at(delivery).isoformat(),
    }  # fmt: skip


def link_ends_at(delivery: Delivery) -> dt.datetime:
    """Return until when programs may fetch the file that a delivery tells of."""
    return delivery.created_at + LINK_LASTS


def _test(delivery: Delivery) -> dict[str, Any]:
    return {"id": str(delivery.uuid), "at": delivery.created_at.isoformat()}


_TELL: dict[str, Callable[[Delivery], dict[str, Any]]] = {
    "session": _session, "refused": _refused, "form": _submission, "handoff": _handoff, "trained": _trained,
    "source_failed": _source_failed, "exported": _exported, "test": _test,
}  # fmt: skip
