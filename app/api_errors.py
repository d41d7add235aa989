"""What the API answers when it does nothing: a public code, a status, and a sentence for whoever reads it."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from app.languages import in_english

ERRORS: dict[str, tuple[int, str]] = {
    "invalid_request": (400, in_english("Something in this request can't be used; `fields` says what.")),
    "key_missing": (401, in_english("Send a key with each request: Authorization: Bearer KEY.")),
    "key_invalid": (
        401,
        in_english("This key is unknown, expired or revoked, or whoever made it may not use it any more."),
    ),
    "forbidden": (403, in_english("The rights of this key don't include this.")),
    "service_stopped": (403, in_english("The plan of this service has ended: it can be read, but not changed.")),
    "service_suspended": (403, in_english("This service is suspended. Its holder was told why.")),
    "chatbot_suspended": (
        403,
        in_english("This chatbot is suspended: it can be read, but not changed. The holder was told why."),
    ),
    "not_found": (404, in_english("There is nothing here, or it is not this key's to see.")),
    "idempotency_key_reused": (409, in_english("This idempotency key was sent with another request before.")),
    "rate_limited": (429, in_english("Too many requests in a short time. Wait as long as Retry-After says.")),
}


class ApiError(Exception):
    """A refused request of the API. `fields` maps a name to what is wrong with it; `retry_after_s` in seconds."""

    def __init__(self, code: str, fields: Mapping[str, Any] | None = None, *, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code, self.fields, self.retry_after_s = code, fields, retry_after_s
        self.status, self.message = ERRORS[code]

    @property
    def headers(self) -> dict[str, str]:
        found = {"WWW-Authenticate": "Bearer"} if self.status == HTTPStatus.UNAUTHORIZED else {}
        return found | ({"Retry-After": str(self.retry_after_s)} if self.retry_after_s else {})
