"""What somebody typed is not lost when their session ended meanwhile, or new terms wait: then it is sent or filled in.

A form whose session or CSRF token is gone, or whose sender is asked first, is answered with a page that holds its
values, where it came from a page of ours: the browser says so itself (Fetch Metadata, or Origin), and no other website
can. The scripts of that page keep the values in the browser, and the form is filled in again once the person is back;
without scripts the page sends them. Nothing is kept on the server.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, make_response, render_template, request, session, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError

from app import sent_once
from app.caller import came_from

_SECRET = re.compile(r"password|secret|token|code|^old$|^new$|key", re.IGNORECASE)
_OURS = {"csrf_token", sent_once.FIELD}


def _is_from_our_page() -> bool:
    told = request.headers.get("Sec-Fetch-Site")
    if told is not None:
        return told == "same-origin"
    return request.headers.get("Origin", "").partition("://")[2] == request.host


def _needs_sign_in() -> bool:
    """Tell whether nobody is signed in though the form is not one for strangers."""
    view = current_app.view_functions[request.endpoint or ""]
    return not current_user.is_authenticated and hasattr(view, "_permission_name")


def keep_for_terms() -> Response:
    """Answer a form whose sender has to accept the terms first."""
    return _show(409, needs_terms=True)


def _show(status: int, *, needs_terms: bool = False) -> Response:
    """Answer with the page that keeps what was typed; secrets are typed again."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in _OURS]
    open_values = [(name, value) for name, value in typed if not _SECRET.search(name)]
    files = [file.filename for _, file in request.files.items(multi=True) if file.filename]
    page = render_template(
        "kept.html", fields=open_values, files=files, is_whole=len(open_values) == len(typed) and not files,
        back=came_from(), is_signed_in=current_user.is_authenticated, needs_sign_in=_needs_sign_in(),
        needs_terms=needs_terms,
    )  # fmt: skip
    return make_response(page, status)


def _answer_stale(error: CSRFError) -> Any:
    return _show(400) if _is_from_our_page() else error


def _ask_to_sign_in(response: Response) -> Response:
    """Put a page in the place of the way to the sign-in that a form would be lost on.

    The sign-in leads on to a page that can be opened, and nobody is told "denied" who was only away for long.
    """
    is_sent_away = urlsplit(response.location or "").path == url_for("SignInView.login")
    if not is_sent_away or (request.endpoint or "").startswith("SignInView.") or current_user.is_authenticated:
        return response
    session.pop("_flashes", None)
    if request.method != "POST":
        return response
    if _is_from_our_page():
        return _show(401)
    response.location = url_for("SignInView.login", next=came_from())
    return response


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, _answer_stale)
    app.after_request(_ask_to_sign_in)
