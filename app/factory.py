"""The whole application: the core, and on it every screen and the public side, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_appbuilder import AppBuilder
from werkzeug.middleware.proxy_fix import ProxyFix

import views
import widget
from app import (
    assets,
    compression,
    errors,
    headers,
    kept_forms,
    localization,
    own_password_asked,
    probes,
    refused_forms,
    security,
    sent_once,
    template_filters,
    terms_asked,
)
from app.core import create_core
from app.extensions import csrf, mail
from models import db

if TYPE_CHECKING:
    from flask import Flask

    from config import Config


def create_app(config: Config) -> Flask:
    """Build the web application; commands and jobs that write mails use it too."""
    app = create_core(config)
    compression.install(app)
    if config.trusted_proxies:
        n = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]  # the way that Flask documents
    mail.init_app(app)
    errors.install(app)
    probes.install(app)
    refused_forms.install(app)
    with app.app_context():
        appbuilder = AppBuilder(app, db.session, base_template="shell.html", static_folder=None)
        localization.install(app)
        security.install(app)
        views.register(appbuilder)
        csrf.init_app(app)  # after the sign-in: the page that says a token is missing shows who is signed in
        widget.register(app)
        csrf.exempt(widget.blueprint)
        kept_forms.install(app)
        own_password_asked.install(app)
        terms_asked.install(app)
        sent_once.install(app)
    headers.install(app)
    assets.install(app)
    template_filters.install(app)
    return app


sent_once.watch(db.session)
