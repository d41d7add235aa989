"""FAB's security manager made ours: who may sign in, what platform roles may open, and the scope of each request."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, abort, g, request
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import current_user

from app import limits
from app.accounts.standing import NOBODY, Standing, find_standing
from app.signin import SignInView
from models import Member, tenancy


class DocentSecurityManager(SecurityManager):
    """FAB's manager with our member, our sign-in screen, and none of FAB's user, role and API screens."""

    user_model = Member

    def register_views(self) -> None:
        """Register sign-in alone: FAB's user, role and reset screens know no tenants."""
        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def load_user(self, pk: str) -> Member | None:
        """Find the member that a cookie names; None once the session version was raised or the member disabled."""
        member_id, _, version = str(pk).partition(".")
        if not (member_id.isascii() and member_id.isdigit()):
            return None
        with tenancy.everything():
            member = self.get_user_by_id(int(member_id))
        is_current = member is not None and str(member.session_version) == version and member.is_active
        return member if is_current else None

    def auth_user_db(self, username: str, password: str) -> Member | None:
        """Check a password; only enabled members with a proven address may come in."""
        with tenancy.everything():
            member: Member | None = super().auth_user_db((username or "").strip().lower(), password)
        return member


def standing() -> Standing:
    """Return the standing of whoever sent this request."""
    found: Standing = g.get("standing", NOBODY)
    return found


def _open_scope() -> None:
    tenancy.clear()
    if request.blueprint == "widget" or request.endpoint in (None, "static", "appbuilder.static"):
        return
    with tenancy.everything():
        g.standing = find_standing(current_user) if current_user.is_authenticated else NOBODY
    tenancy.enter(g.standing.scope())


def _close_scope(_error: BaseException | None) -> None:
    tenancy.clear()


def install(app: Flask) -> None:
    """Open the tenant scope before each request and close it after, whatever happened in between."""
    app.before_request(_open_scope)
    app.teardown_request(_close_scope)


def limit_tries(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let one address post to a page that takes secrets only so often."""

    @wraps(view)
    def limited(*args: Any, **kwargs: Any) -> Any:
        who = limits.address_group(request.remote_addr)
        if request.method == "POST" and not limits.allow(limits.LINKS_PER_ADDRESS, "link", who):
            abort(429)
        return view(*args, **kwargs)

    return limited
