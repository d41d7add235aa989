"""Who may read the figures: whoever shows METRICS_TOKEN; where there is none, programs on this very machine.

A reverse proxy on this machine connects from here too, on behalf of the world. So a request counts as from here only if
nothing in it tells of a proxy, it asks for this machine by a name of this machine's own (a page elsewhere whose name
was made to point here can't), and no proxy can be in front that Docent was not told of.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

from app.networks import is_this_machine

if TYPE_CHECKING:
    from config import Config

_TOLD_BY_PROXIES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def may_read_figures(config: Config) -> bool:
    if config.metrics_token:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), config.metrics_token.encode())
    return _is_from_here() and (config.trusted_proxies > 0 or is_this_machine(urlsplit(config.address).hostname))


def _is_from_here() -> bool:
    """Tell whether a program on this machine asks; what a trusted proxy has written over is looked at as it came."""
    came = request.environ.get("werkzeug.proxy_fix.orig") or request.environ
    if any(name in request.headers for name in _TOLD_BY_PROXIES):
        return False
    return is_this_machine(came.get("REMOTE_ADDR")) and is_this_machine(_host_of(came.get("HTTP_HOST", "")))


def _host_of(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None  # half a bracket names no host
