"""Who has not accepted the present terms is asked at their next page, before anything else; what they typed is kept.

Those who run the installation are not asked, nor are programs with a key. Without accepting one may read the terms,
take one's data away, delete the account and sign out.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, redirect, request, url_for

from app import kept_forms
from app.accounts import terms
from app.caller import standing
from models.members import MEMBER

_OPEN_VIEWS = {
    "OwnPasswordPage", "TermsPage", "ClosingPage", "TakeoutPage", "HandbookPage", "widget", "widget_assets", "hosted",
}  # fmt: skip
_OPEN = {"SignInView.logout", "ProfileView.take_data", "LocaleView.index", "static", "appbuilder.static", None}


def _ask() -> Any:
    if not _is_asked():
        return None
    if request.method == "POST":
        return kept_forms.keep_for_terms()
    return redirect(url_for("TermsPage.ask", next=request.full_path.rstrip("?")))


def _is_asked() -> bool:
    view = (request.endpoint or "").partition(".")[0]
    if request.endpoint in _OPEN or view in _OPEN_VIEWS or _is_part_of_a_page():
        return False
    who = standing()
    is_member = who.member_id is not None and who.platform_role == MEMBER and not request.path.startswith("/api/")
    return is_member and terms.has_to_accept(who.member_id or 0)


def _is_part_of_a_page() -> bool:
    """Tell whether a page that is open already fetches something; what it sends is asked for like any other form."""
    return request.method in ("GET", "HEAD") and request.headers.get("Sec-Fetch-Dest", "document") != "document"


def install(app: Flask) -> None:
    app.before_request(_ask)
