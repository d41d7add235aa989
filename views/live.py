"""Live pages: a stream tells whoever looks at something that it changed; the page then asks what.

Each beat asks again whether the person may look, and holds no connection to the database in between. A stream takes a
thread of the web server, so there are only so many of them in a process, and one ends as soon as its page has gone; who
gets none is answered with 204, by which a browser knows that there is nothing to listen to, and asks now and then.
"""

from __future__ import annotations

import select
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, abort, current_app, request, session
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user

from app.accounts import presence
from app.accounts.standing import Standing, find_standing
from app.caller import standing
from app.collaborators import here
from app.knowledge import chatbots, progress
from app.knowledge.progress import Mark
from models import tenancy

BEAT_S = 1.0
LIFE_S = 300.0  # then the browser comes back by itself
PLACES = "docent.live.places"
_HUNG_UP = getattr(select, "POLLRDHUP", 0)  # of Linux: the other side has closed
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # the latter: nginx sends at once what it gets


Look = Callable[[Standing], Mark | None]  # None once the person may not look any more, or there is nothing to see


@dataclass(frozen=True)
class Viewer:
    """Who looks, as their cookie says; `line` leads to their browser, where the server tells."""

    cookie: str
    device: str | None
    line: socket.socket | None = None

    def waits(self, seconds: float) -> bool:
        """Wait, and tell whether somebody is still there; where it can't be known, writing to them will show."""
        if self.line is None or not _HUNG_UP:
            time.sleep(seconds)
            return True
        watching = select.poll()
        watching.register(self.line, _HUNG_UP)
        return not watching.poll(1000 * seconds)


class LivePage(BaseView):
    """One stream for each chatbot, for all pages of its knowledge."""

    route_base = "/live"
    default_view = "follow"

    @expose("/<uuid:chatbot_uuid>")
    @has_access
    def follow(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = chatbots.find(chatbot_uuid) or abort(404)
        if not standing().may_with("source.view", chatbot):
            abort(403)

        def look(own: Standing) -> Mark | None:
            chatbot = chatbots.find(chatbot_uuid)
            may_look = chatbot is not None and own.may_with("source.view", chatbot)
            return progress.read(chatbot) if chatbot is not None and may_look else None

        return stream(look)


def stream(look: Look, every: int = 1) -> Response:
    """Answer with what `look` tells, anew at each so many beats; it is asked in the scope of whoever looks."""
    if request.accept_mimetypes.best != "text/event-stream":
        abort(406)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    places = _places(app)
    if not places.acquire(blocking=False):
        return Response(status=204)
    viewer = Viewer(current_user.get_id(), session.get("device"), request.environ.get("gunicorn.socket"))
    return Response(_Stream(app, viewer, look, every, places), headers=_HEADERS, mimetype="text/event-stream")


def _places(app: Flask) -> threading.BoundedSemaphore:
    made: threading.BoundedSemaphore = app.extensions.setdefault(
        PLACES, threading.BoundedSemaphore(here().config.live_threads)
    )
    return made


class _Stream:
    """The events of one viewer. `close` gives the place back, also where nothing was ever read."""

    def __init__(self, app: Flask, viewer: Viewer, look: Look, every: int, places: threading.BoundedSemaphore) -> None:
        self._app, self._viewer, self._look, self._every, self._places = app, viewer, look, every, places
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        yield "retry: 3000\n\n"
        said, until = "", time.monotonic() + LIFE_S
        while time.monotonic() < until:
            mark = _look(self._app, self._viewer, self._look)
            if mark is None:
                yield "event: gone\ndata:\n\n"
                return
            yield "event: change\ndata:\n\n" if mark.text != said else ":\n\n"
            said = mark.text
            if not mark.is_moving:
                yield "event: rest\ndata:\n\n"
                return
            if not self._viewer.waits(BEAT_S * self._every):
                return

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._places.release()


def _look(app: Flask, viewer: Viewer, look: Look) -> Mark | None:
    """Ask as the person may see it now; None once they may sign in no more."""
    with app.app_context():
        member = presence.find_present(viewer.cookie, viewer.device)
        if member is None:
            return None
        own = find_standing(member)
        with tenancy.use(own.scope()):
            return look(own)
