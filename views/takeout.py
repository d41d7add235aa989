"""Taking a whole service away: its holder alone may, also once it has stopped. Staff who look at it may not."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

from flask import Response, abort
from flask_appbuilder import BaseView, expose, has_access

from app import audit, limits
from app.history import takeout
from app.refusals import Refusal
from models import Service, db, tenancy
from models.base import now
from views.buying import find_service, may_take
from views.sending import Download

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
    download = Download(tenancy.service_scope(service.id), takeout.pack(service.name), _EXPORTING)
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
