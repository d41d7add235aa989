"""One table: error class -> status -> public code; answered as a page or as JSON, never as a traceback."""

from __future__ import annotations

import logging
import uuid
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, flash, g, jsonify, redirect, render_template, request
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, PendingRollbackError, StatementError
from werkzeug.exceptions import HTTPException

from app.api_errors import ApiError
from app.caller import came_from
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from models.base import db
from models.tenancy import ForeignRowError

log = logging.getLogger(__name__)

# first match wins
_TABLE: tuple[tuple[type[Exception], int, str], ...] = (
    (ForeignRowError, 404, "not_found"),
    (IntegrityError, 409, "conflict"),
    (DataError, 400, "invalid_request"),  # a value that its column can't hold
    (DBAPIError, 503, "database_unavailable"),
    (PendingRollbackError, 503, "database_unavailable"),  # the connection was lost a statement ago
    (StatementError, 400, "invalid_request"),
    (OverflowError, 400, "invalid_request"),
)
_CODES = {
    400: "invalid_request", 401: "sign_in_needed", 403: "forbidden", 404: "not_found", 405: "wrong_method",
    409: "conflict", 413: "too_large", 415: "wrong_type", 429: "rate_limited", 503: "unavailable",
}  # fmt: skip
_TITLES = {
    400: _l("That was not understood"), 401: _l("Please sign in"), 403: _l("Not allowed"), 404: _l("Nothing here"),
    405: _l("Not this way"), 409: _l("That is taken"), 413: _l("Too large"), 415: _l("Not this way"),
    429: _l("Too many tries"), 500: _l("Something went wrong"), 503: _l("Not available at the moment"),
}  # fmt: skip
_WORDS = {
    400: _l("The request could not be understood. Go back, check what you entered, and try again."),
    401: _l("Please sign in first."),
    403: _l("Your role does not allow this, or the service does not run. An owner of the workspace can tell you more."),
    404: _l("There is nothing here, or it is not yours to see."),
    405: _l("This address only takes what a form sends. Go back to the page with the form."),
    409: _l("Something with the same name or address exists already, or somebody else changed it just now."),
    413: _l("That is larger than this installation accepts."),
    415: _l("This address does not take that kind of content."),
    429: _l("Too many tries in a short time. Please wait a minute."),
    500: _l("Something went wrong on our side. It has been written to the log."),
    503: _l("A part of the installation can't be reached at the moment. Please try again in a minute."),
}
_HERE_BEFORE = {400, 405, 409, 413, 415, 429}  # the way on is the page before


def wants_json() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _answer(status: int, code: str, words: str) -> tuple[Response | str, int]:
    request_id = g.get("request_id", "")
    if wants_json():
        return jsonify(error={"code": code, "message": words, "request_id": request_id}), status
    title = str(_TITLES.get(status) or HTTPStatus(status).phrase)
    shown = {"status": status, "title": title, "words": words, "request_id": request_id}
    shown["back"] = came_from() if status in _HERE_BEFORE else "/"
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return render_template("error.html", **shown), status
    # past Flask's context processors: one of them asks the database who is signed in, which may be what is broken
    return current_app.jinja_env.get_template("broken.html").render(shown), status


def _answer_http(error: HTTPException) -> Any:
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST or error.response is not None:
        return error
    return _answer(status, _CODES.get(status, "error"), str(_WORDS.get(status, HTTPStatus(status).phrase)))


def _route() -> str:
    """Return what was asked for, as the log may tell it: the address itself may hold the token of a link."""
    return request.url_rule.rule if request.url_rule else "an unknown address"


def _answer_known(error: Exception) -> Any:
    status, code = next((status, code) for kind, status, code in _TABLE if isinstance(error, kind))
    log.warning("request %s: %s answered with %s: %s", g.get("request_id"), _route(), status, error)
    db.session.rollback()  # the page that says so reads who is signed in
    return _answer(status, code, str(_WORDS[status]))


def _answer_unknown(error: Exception) -> Any:
    log.error("request %s: unexpected error on %s %s", g.get("request_id"), request.method, _route(), exc_info=error)
    return _answer(500, "internal_error", str(_WORDS[500]))


def _answer_api(error: ApiError) -> Any:
    db.session.rollback()
    told = {"code": error.code, "message": error.message, "request_id": g.get("request_id", "")}
    return jsonify(error=told | ({"fields": error.fields} if error.fields else {})), error.status, error.headers


def _say_refusal(refusal: Refusal) -> Any:
    """Take a person back to where they came from, and say there what could not be done."""
    db.session.rollback()
    if wants_json() or request.method == "GET":
        return _answer(409, refusal.code, str(refusal))
    flash(str(refusal), "danger")
    return redirect(came_from(), 303)


def _name_request() -> None:
    g.request_id = uuid.uuid4().hex[:12]


def _tell_name(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.get("request_id", "")
    return response


def install(app: Flask) -> None:
    """Give every request a name and every error an answer."""
    app.before_request(_name_request)
    app.after_request(_tell_name)
    app.register_error_handler(HTTPException, _answer_http)
    for kind, _status, _code in _TABLE:
        app.register_error_handler(kind, _answer_known)
    app.register_error_handler(ApiError, _answer_api)
    app.register_error_handler(Refusal, _say_refusal)
    app.register_error_handler(Exception, _answer_unknown)
