"""Counting requests by route and class of status, and how long each took until its response began.

A log of JSON objects gets a line for each but those that watch; a route names no row and no token, as the address
itself may.
"""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from app import figures, logs
from app.collaborators import here
from app.telemetry import spans

log = logging.getLogger(__name__)

UNKNOWN = "unknown"  # of addresses that are none of ours: whatever somebody tries is one route
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


def _begin() -> None:
    g.began = time.monotonic()
    g.span = spans.begin("request", method=_method(), route=_route())


def _method() -> str:
    return request.method if request.method in _METHODS else UNKNOWN


def _route() -> str:
    return request.url_rule.rule if request.url_rule else UNKNOWN


def _count(response: Response) -> Response:
    method, route = _method(), _route()
    took_s = time.monotonic() - g.began
    figures.count(figures.REQUESTS, method, route, f"{response.status_code // 100}xx")
    figures.observe(figures.REQUEST_TIMES, took_s, method, route)
    spans.end(g.span, status=response.status_code)
    if here().config.log_format == logs.JSON and request.blueprint != "probes":
        fields = {"method": method, "route": route, "status": response.status_code, "ms": round(took_s * 1000, 1)}
        log.info("request", extra={"fields": fields})
    return response


def install(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_count)
