"""Taking a whole service away: its holder alone may, also once it has stopped. Staff who look at it may not."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, abort, current_app
from flask_appbuilder import BaseView, expose, has_access

from app import audit, limits
from app.history import takeout
from app.refusals import Refusal
from models import Service, db, tenancy
from models.base import now
from views.buying import find_service, may_take

_EXPORTING = threading.BoundedSemaphore(1)  # of this process: each holds a thread of the web server until it is sent


class TakeoutPage(BaseView):
    """Everything of one service as a ZIP."""

    route_base = "/service"

    @expose("/<uuid:service_uuid>/export", methods=["POST"])
    @has_access
    def export(self, service_uuid: uuid.UUID) -> Any:
        service: Service = find_service(service_uuid) or abort(404)
        if not may_take(service):
            abort(403)
        if not limits.allow(limits.EXPORTS_PER_SERVICE, "export of", str(service.id)):
            raise Refusal("A service can be exported five times an hour. Try again later.")
        return _send(service)


def _send(service: Service) -> Response:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    download = _Download(app, service)
    headers = {"Content-Disposition": f'attachment; filename="{_file_name(service)}"'}
    try:
        audit.record("service.export", service)
        db.session.commit()
    except BaseException:
        download.close()
        raise
    return Response(download, headers=headers, mimetype="application/zip")


def _file_name(service: Service) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", service.name).strip("-") or "service"
    return f"{name}-{now():%Y-%m-%d}.zip"


class _Download:
    """The blocks of one export. One is made at a time; `close` lets the next begin, also where nothing was ever read.

    Raises:
        Refusal: (when made) another is on its way.
    """

    def __init__(self, app: Flask, service: Service) -> None:
        if not _EXPORTING.acquire(blocking=False):
            raise Refusal("Another export is being sent. Try again in a few minutes.")
        self._is_open = True
        self._app, self._scope = app, tenancy.service_scope(service.id)
        self._blocks = takeout.pack(service.name)

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (block := self._next()) is not None:
                if block:
                    yield block
        finally:
            self.close()

    def _next(self) -> bytes | None:
        """Make the next block in the service's scope, and hold no connection to the database until the one after."""
        with self._app.app_context(), tenancy.use(self._scope):
            return next(self._blocks, None)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._blocks.close()
            _EXPORTING.release()
