"""Files that come by the clock and that a webhook was told of: fetched by programs, within a day."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from flask_appbuilder.api import BaseApi
from marshmallow import fields
from sqlalchemy import select

from app.accounts import keys
from app.api_errors import ApiError
from app.caller import standing
from app.exports import preparing
from app.exports.formats import FORMATS
from app.keyholder import used_key
from app.languages import in_english
from models import Export, db
from views.api.fields import Row
from views.api.operation import operation
from views.api.resource import require_anywhere
from views.prepared import send_prepared


class ExportAnswer(Row):
    """A file of chats."""

    per = fields.String(metadata={"enum": ["message", "session"]})
    format = fields.String(metadata={"enum": list(FORMATS)})
    rows = fields.Integer(attribute="n_rows")
    size_bytes = fields.Integer()
    file = fields.String(attribute="file_name")


class ExportsApi(BaseApi):
    """Files of which a webhook was told."""

    resource_name, openapi_spec_tag = "exports", in_english("Exports")

    @operation("/<uuid:export_uuid>", "GET", "Show a file that a webhook was told of", answer=ExportAnswer)
    def read(self, export_uuid: uuid.UUID) -> Any:
        return _find(export_uuid)

    @operation(
        "/<uuid:export_uuid>/file", "GET", "Fetch it, within a day of being told",
        sends=tuple(kind.mimetype for kind in FORMATS.values()),
    )  # fmt: skip
    def fetch(self, export_uuid: uuid.UUID) -> Any:
        return send_prepared(_find(export_uuid), partial(keys.find_standing_of, used_key().id))


def _find(export_uuid: uuid.UUID) -> Export:
    """Return a file that this key may fetch: it opens every workspace whose chats are in it.

    Raises:
        ApiError: it is not there for this key, or the key has not the right, or the file's time is over.
    """
    if db.session.scalar(select(Export.id).where(Export.uuid == export_uuid)) is None:
        raise ApiError("not_found")
    require_anywhere(preparing.VIEW)
    found = preparing.find_told(export_uuid, standing().workspaces_where(preparing.VIEW))
    if found is None:
        raise ApiError("not_found")
    return found
