"""Who sends a request of the API: the key in its header, and nothing else. Cookies open nothing there."""

from __future__ import annotations

from flask import g, request

from app import audit, limits
from app.accounts import keys
from app.accounts.standing import NOBODY, Standing
from app.api_errors import ApiError
from models import ServiceKey

ROOT = "/api/v1/"
_OPEN = {"ApiDocument.show"}  # says how to ask, and holds nobody's rows


def is_asked() -> bool:
    """Tell whether a request is one of the API that a key opens."""
    return request.path.startswith(ROOT) and request.endpoint not in _OPEN


def used_key() -> ServiceKey:
    """Return the key of this request."""
    found: ServiceKey = g.api_key
    return found


def identify() -> Standing:
    """Return where the key of this request stands, and say whose act it is.

    Raises:
        ApiError: no key, one that opens nothing, too many requests, or a service that is suspended.
    """
    who = limits.address_group(request.remote_addr)
    if not limits.has_room(limits.KEYS_PER_ADDRESS, "key", who):
        raise ApiError("rate_limited", retry_after_s=limits.retry_after_s(limits.KEYS_PER_ADDRESS))
    token = _read_token()
    key = keys.find_by_token(token)
    standing = keys.standing_of(key) if key is not None else NOBODY
    if key is None or not standing.roles or any(service.state == "closed" for service in standing.stopped):
        limits.allow(limits.KEYS_PER_ADDRESS, "key", who)
        raise ApiError("key_invalid")
    if any(service.state == "suspended" for service in standing.stopped):
        raise ApiError("service_suspended")
    _limit(key)
    keys.note_use(key)
    g.api_key = key
    audit.set_actor(key.maker_id, key_id=key.id)
    return standing


def _read_token() -> str:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise ApiError("key_missing")
    return token.strip()


def _limit(key: ServiceKey) -> None:
    of_key, of_all = keys.rates_of(key)
    rules = ((of_key, "request with key", key.id), (of_all, "request with a key of", key.service_id))
    for n, what, who in rules:
        if not limits.allow(rule := limits.per_minute(n), what, str(who)):
            raise ApiError("rate_limited", retry_after_s=limits.retry_after_s(rule))
