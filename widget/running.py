"""Whether a chatbot still may answer visitors: asked while answers are streamed, and cut where it may not."""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy import select

from models import Chatbot, Embed, Service, db, tenancy
from models.base import now

FRESH_S = 1.0  # what one stream was told is true for all streams of the embed


def watch(embed_id: int) -> Callable[[], bool]:
    """Return what tells, while answers are streamed, whether neither chatbot nor service was stopped meanwhile."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    told: dict[int, tuple[float, bool]] = app.extensions.setdefault("docent running", {})

    def is_running() -> bool:
        asked_at, answer = told.get(embed_id, (0.0, True))
        if time.monotonic() - asked_at >= FRESH_S:
            with app.app_context(), tenancy.everything():
                answer = _runs(embed_id)
            told[embed_id] = time.monotonic(), answer
        return answer

    return is_running


def _runs(embed_id: int) -> bool:
    columns = Chatbot.suspended_for, Service.status, Service.expired_at
    query = select(*columns).join(Service, Service.id == Chatbot.service_id).join(Embed, Embed.chatbot_id == Chatbot.id)
    found = db.session.execute(query.where(Embed.id == embed_id)).one_or_none()
    if found is None or found.suspended_for or found.status != "enabled":
        return False
    return found.expired_at is None or bool(found.expired_at > now())
