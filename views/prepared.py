"""Sending an export's file, for as long as whoever fetches it may read all the chats in it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import Response

from app.accounts.standing import Standing
from app.collaborators import here
from app.exports.formats import FORMATS, Format
from app.exports.preparing import VIEW
from models import Export, tenancy
from views.sending import Download, read_stored

_PLACES = threading.BoundedSemaphore(4)  # of this process


def send_prepared(export: Export, standing_now: Callable[[], Standing]) -> Response:
    """Send a prepared file; `standing_now` says where whoever fetches it stands at any later moment."""
    holds = set(export.workspace_ids)
    download = Download(
        tenancy.NOTHING, read_stored(here().storage.open(export.place)), _PLACES,
        may_go_on=lambda: holds <= set(standing_now().workspaces_where(VIEW)),
    )  # fmt: skip
    answer = answer_with(download, FORMATS[export.format], export.file_name)
    answer.headers["Content-Length"] = str(export.size_bytes)
    return answer


def answer_with(blocks: Any, kind: Format, name: str) -> Response:
    """Return the answer that a browser keeps as a file."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Accel-Buffering": "no"}
    return Response(blocks, headers=headers, mimetype=kind.mimetype)
