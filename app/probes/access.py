"""Who may read the figures: whoever shows METRICS_TOKEN; where there is none, programs on this very machine.

A reverse proxy on this machine connects from here too, on behalf of the world. So a request counts as from here only if
nothing in it tells of a proxy, it asks for this machine by a name of this machine's own (a page elsewhere whose name
was made to point here can't), and no proxy can be in front that Docent was not told of.
"""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

if TYPE_CHECKING:
    from config import Config

_TOLD_BY_PROXIES = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


def may_read_figures(config: Config) -> bool:
    if config.metrics_token:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), config.metrics_token.encode())
    return _is_from_here() and (config.trusted_proxies > 0 or _is_here(urlsplit(config.address).hostname))


def _is_from_here() -> bool:
    """Tell whether a program on this machine asks; what a trusted proxy has written over is looked at as it came."""
    came = request.environ.get("werkzeug.proxy_fix.orig") or request.environ
    is_passed_on = any(name in request.headers for name in _TOLD_BY_PROXIES)
    return not is_passed_on and _is_here(came.get("REMOTE_ADDR")) and _is_here(_host_of(came.get("HTTP_HOST", "")))


def _host_of(header: str) -> str | None:
    try:
        return urlsplit(f"//{header}").hostname
    except ValueError:
        return None  # half a bracket names no host


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
