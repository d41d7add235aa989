"""FAB's security manager made ours: who may sign in, what platform roles may open, and the scope of each request."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, flash, g, request, session
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_login import current_user

from app import audit, keyholder, roles, workplace
from app.accounts import acting, presence
from app.accounts.standing import NOBODY, find_standing
from app.languages import gettext as _
from app.looks import pictures
from app.signin import SignInView
from models import Member, db, tenancy

FILE_FIELDS = {"file", "files", *pictures.KINDS}


class DocentSecurityManager(SecurityManager):
    """FAB's manager with our member, our sign-in screen, and none of FAB's user, role and API screens."""

    user_model = Member

    def register_views(self) -> None:
        """Register sign-in alone: FAB's user, role and reset screens know no tenants."""
        self.auth_view = SignInView()
        self.appbuilder.add_view_no_menu(self.auth_view)

    def load_user(self, pk: str) -> Member | None:
        """Find the member that a cookie names; None once that device was signed out, or the member disabled."""
        return presence.find_present(str(pk), session.get("device"))

    def auth_user_db(self, username: str, password: str) -> Member | None:
        """Check a password; only enabled members with a proven address may come in."""
        with tenancy.everything():
            member: Member | None = super().auth_user_db((username or "").strip().lower(), password)
        return member if member is not None and member.verified else None

    def get_user_roles(self, user: Any) -> list[Any]:
        """Return somebody's roles. FAB would also ask which of its groups they are in: there are none."""
        return [*user.roles] if user.is_authenticated else [self.get_public_role()]

    def _has_access_builtin_roles(self, role: Any, permission_name: str, view_name: str) -> bool:
        """Look it up: FAB would try hundreds of patterns for each of the dozen questions that a page asks."""
        return roles.opens(role.name, permission_name, view_name)


def _open_scope() -> None:
    tenancy.clear()
    audit.set_actor(None)
    if request.blueprint in ("widget", "probes") or request.endpoint in ("static", "appbuilder.static"):
        return
    if keyholder.is_asked():
        if request.endpoint is None:
            return
        g.standing = keyholder.identify()
        tenancy.enter(g.standing.scope())
        return
    with tenancy.everything():
        g.standing = find_standing(current_user) if current_user.is_authenticated else NOBODY
    audit.set_actor(g.standing.member_id)
    if "look" in session:
        _look()
    tenancy.enter(workplace.narrow(g.standing.scope()))


def _look() -> None:
    """Put what somebody looks at in the place of what they are; over: they are back.

    Each request is written down for the customer, also one that is refused, unless it leads nowhere.
    """
    grant = acting.find(session["look"], current_user) if current_user.is_authenticated else None
    if grant is None:
        session.pop("look")
        flash(_("The look at the service is over."), "info")
        return
    g.standing = acting.standing_of(grant, current_user)
    if request.endpoint is None:  # there is nothing at that address that could be refused
        return
    look = g.standing.look
    audit.set_actor(g.standing.member_id, look.holder_id)
    is_open = roles.is_open_to_a_look(str(request.endpoint), request.method, only_chats=look.only_chats)
    with tenancy.everything():
        page = request.path if is_open else f"{request.method} {request.url_rule}"  # what is refused may hold a token
        audit.record("look.page" if is_open else "look.refused", grant.service, page=page[:200])
        db.session.commit()
    if not is_open:
        raise acting.LookError(
            _("You only look at %(service_name)s. End the look first.", service_name=look.service_name)
        )


def _refuse_json_for_pages() -> None:
    """Let pages take forms alone: their fields would be filled from whatever JSON holds."""
    if request.endpoint and request.is_json and not request.path.startswith("/api/"):
        abort(415)


def _refuse_files_for_words() -> None:
    """Let a file come under the names that take one: a field of words would be filled with it."""
    is_page = request.endpoint and not request.path.startswith("/api/")  # asked first: looking for files reads the body
    if is_page and not set(request.files) <= FILE_FIELDS:
        abort(400)


def _limit_bodies() -> None:
    """Hold whatever is no upload to the size of a form: werkzeug reads it as a whole, for everybody."""
    if request.mimetype != "multipart/form-data":
        request.max_content_length = request.max_form_memory_size
        if (request.content_length or 0) > (request.max_content_length or 0):
            abort(413)  # at once, also where nobody would read it


def _close_scope(_error: BaseException | None) -> None:
    tenancy.clear()


def install(app: Flask) -> None:
    """Open the tenant scope before each request and close it after, whatever happened in between."""
    app.before_request(_limit_bodies)
    app.before_request(_open_scope)
    app.before_request(_refuse_json_for_pages)
    app.before_request(_refuse_files_for_words)
    app.teardown_request(_close_scope)
