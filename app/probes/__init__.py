"""What those who watch an installation ask it: `/healthz` (alive), `/readyz` (able to answer), `/metrics` (figures)."""

from __future__ import annotations

from flask import Flask

from app.probes import readiness, requests
from app.probes.routes import blueprint


def install(app: Flask) -> None:
    """Let an application be watched."""
    requests.install(app)
    readiness.install(app)
    app.register_blueprint(blueprint)
