"""Who was given a password chooses one of their own before anything else: the given one opens that page alone.

It was printed on a terminal, and may lie in a log or in somebody's mail. Programs with a key are not asked.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, request, url_for
from flask_login import current_user

from app import keyholder

_OPEN_VIEWS = {"OwnPasswordPage", "widget", "widget_assets", "hosted", "probes"}
_OPEN = {"SignInView.logout", "LocaleView.index", "static", "appbuilder.static", None}


def _ask() -> Any:
    if not _is_asked():
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("OwnPasswordPage.show", next=wanted))


def _is_asked() -> bool:
    view = (request.endpoint or "").partition(".")[0]
    if request.endpoint in _OPEN or view in _OPEN_VIEWS or keyholder.is_asked():
        return False
    return bool(current_user.is_authenticated and current_user.password_is_given)


def install(app: Flask) -> None:
    app.before_request(_ask)
