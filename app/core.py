"""The application without its screens: settings, database and collaborators, in half the time of the whole one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from flask_babel import Babel

from app import audit, settings
from app.collaborators import Collaborators
from models import db, wall
from models.engine import prepare

if TYPE_CHECKING:
    from config import Config


def create_core(config: Config) -> Flask:
    """Build what answers questions; `app.factory` builds the rest on it."""
    app = Flask("app", static_folder=None)
    app.config.update(settings.flask_settings(config))
    app.extensions["docent"] = Collaborators(config)
    Babel(app, locale_selector=lambda: "en", configure_jinja=False)  # commands speak English; the factory has its own
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
    return app


wall.install(db.session)
audit.watch(db.session)
