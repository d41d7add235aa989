"""The addresses that are asked by machines: balancers, supervisors and Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from app.collaborators import here
from app.probes import exposition, readiness
from app.probes.access import may_read_figures

blueprint = Blueprint("probes", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that this process answers; nothing else is asked for it."""
    return _said("alive", 200)


@blueprint.get("/readyz")
def ready() -> Response:
    """Say whether this process can answer visitors, part by part."""
    parts = readiness.read()
    is_ready = all(words == readiness.READY for words in parts.values())
    response = jsonify(ready=is_ready, parts=parts)
    response.status_code = 200 if is_ready else 503
    return response


@blueprint.get("/metrics")
def metrics() -> Response:
    config = here().config
    if may_read_figures(config):
        text, content_type = exposition.write(request.headers.get("Accept", ""))
        return Response(text, content_type=content_type)
    if config.metrics_token:
        response = _said("Show METRICS_TOKEN: `Authorization: Bearer ...`.", 401)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    return _said("Figures are for programs on this machine, without a proxy; others need METRICS_TOKEN to be set.", 403)


def _said(words: str, status: int) -> Response:
    return Response(f"{words}\n", status, mimetype="text/plain")
