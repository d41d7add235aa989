"""Security headers of our own pages."""

from __future__ import annotations

from flask import Flask, Response, request

from app.collaborators import here

# Everything comes from this host; nothing is inline. `data:` images are the few icons of our stylesheet.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# a mail, as a mail program would show it: its own styles and nothing else, in a frame of ours
_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "sandbox"
)
# the editor of a widget shows a page of ours in a frame, with the real widget on it
_POLICIES = {
    "MailView.letter": _MAIL,
    "MailView.kind": f"{CONTENT_SECURITY_POLICY}; frame-src 'self'",
    "WidgetPage.frame": CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'"),
    **{
        f"WidgetPage.{name}": f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
        for name in ("look", "save_look", "behavior", "save_behavior")
    },
}


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    policy = _POLICIES.get(request.endpoint or "", CONTENT_SECURITY_POLICY)
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
    if request.is_secure or here().config.address.startswith("https://"):
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if not _may_be_kept(response):
        headers["Cache-Control"] = "no-store"
    return response


def _may_be_kept(response: Response) -> bool:
    """Tell whether a browser may keep a response: what is public, and what the widget says of its own."""
    is_public = "public" in response.headers.get("Cache-Control", "")
    return is_public or request.blueprint == "widget" or request.endpoint in ("static", "appbuilder.static")


def install(app: Flask) -> None:
    app.after_request(_add_headers)
