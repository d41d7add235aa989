"""The public side: what a customer's page loads and calls. It trusts nothing that the page says."""

from __future__ import annotations

from flask import Flask

from app.collaborators import Collaborators
from widget import assets, hosted, speaker
from widget.routes import blueprint

__all__ = ["blueprint", "register"]


def register(app: Flask) -> None:
    """Add the widget's API and its script to the application."""
    app.register_blueprint(blueprint)
    app.register_blueprint(assets.blueprint)
    app.register_blueprint(hosted.blueprint)
    collaborators: Collaborators = app.extensions["docent"]
    speaker.add_places(app, collaborators.config.web_threads - collaborators.config.live_threads)
    app.jinja_env.globals["widget_script"] = assets.script  # screens show its address and hash
