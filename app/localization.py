"""Which language a page speaks."""

from __future__ import annotations

from flask import Flask, Response, has_request_context, request
from flask_babel import get_babel
from sqlalchemy.exc import SQLAlchemyError

from app.caller import preferred
from app.languages import SHIPPED, Catalogs, default, present

_FOR_PEOPLE = ("/api/reference",)


def choose() -> str:
    """Return the language of a page: its reader's own, else their browser's, else the installation's.

    Programs read English, whoever runs them: those that ask the API, commands, and jobs, which write to the log.
    """
    if not has_request_context() or (request.path.startswith("/api/") and request.path not in _FOR_PEOPLE):
        return "en"
    return _chosen() or _wished() or default()


def _chosen() -> str:
    try:
        chosen = preferred().language
    except SQLAlchemyError:  # the page that says that the database is away
        return ""
    return chosen if chosen in SHIPPED else ""


def _wished() -> str:
    """Return the first of the browser's languages that there is: "en-US" is English, also where "de" is wished next."""
    wished = (language.partition("-")[0].lower() for language in request.accept_languages.values())
    return next((language for language in wished if language in SHIPPED), "")


def _tell_caches(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    return response


def install(app: Flask) -> None:
    """Let Flask-Babel, which FAB has set up for its own menu of languages, go by our rule and our catalogs."""
    babel = get_babel(app)
    babel.locale_selector = choose
    babel.instance.domain_instance = Catalogs()
    app.jinja_env.globals["language_of_page"] = present
    app.after_request(_tell_caches)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
