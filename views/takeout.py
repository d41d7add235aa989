"""Taking a whole service away: its holder alone may, also once it has stopped. Staff who look at it may not."""

from __future__ import annotations

import re
import threading
import uuid
from typing import Any

from flask import Response, abort
from flask_appbuilder import BaseView, expose, has_access

from app import audit, limits
from app.caller import standing, standing_later
from app.history import takeout
from app.languages import gettext as _
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
        if not may_take(standing(), service.id):
            abort(403)
        if not limits.allow(limits.EXPORTS_PER_SERVICE, "export of", str(service.id)):
            raise Refusal(_("A service can be exported five times an hour. Try again later."))
        return _send(service)


def _send(service: Service) -> Response:
    service_id, standing_now = service.id, standing_later()
    download = Download(
        tenancy.service_scope(service_id), takeout.pack(service.name), _EXPORTING,
        may_go_on=lambda: may_take(standing_now(), service_id),
    )  # fmt: skip
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
