"""Reading what a page sent: bounded, of the expected kinds, and nothing that a database can't store."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from widget.errors import WidgetError

MAX_BODY_BYTES = 64_000


def receive() -> None:
    """Wait for all of a request's body, which is read again from memory.

    Raises:
        WidgetError: it is too large.
    """
    request.max_content_length = MAX_BODY_BYTES
    try:
        request.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise WidgetError("too_long") from error


def read_body() -> dict[str, Any]:
    """Return the JSON object that was received; empty when nothing was.

    Raises:
        WidgetError: it is not a JSON object.
    """
    try:
        body = request.get_json(force=True) if request.get_data(cache=True) else {}
    except (HTTPException, RecursionError, ValueError) as error:
        raise WidgetError("invalid_request") from error
    if not isinstance(body, dict):
        raise WidgetError("invalid_request")
    return body


def read_text(body: dict[str, Any], name: str, limit: int, *, required: bool = False) -> str:
    """Return a text of at most `limit` characters; empty when it is absent and not required.

    Raises:
        WidgetError: it is missing, too long, no text, or half a character (a lone surrogate).
    """
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()) or _is_broken(value):
        raise WidgetError("invalid_request")
    if len(value) > limit:
        raise WidgetError("too_long")
    return value.replace("\0", "")


def _is_broken(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False
