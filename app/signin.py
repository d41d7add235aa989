"""The sign-in and sign-out screens."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from flask import abort, flash, g, redirect, request, session, url_for
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView
from flask_login import current_user, login_user, logout_user
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app import audit, limits
from app.accounts import devices, presence, second_factor
from app.caller import limit_sign_ins, signed_in
from app.collaborators import here
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.tokens import TokenError
from models import Member, db

AWAITS_CODE = "awaits-code"
CODE_PATIENCE_S = 300


class SignInForm(DynamicForm):
    """E-mail and password."""

    email = EmailField(
        _l("E-mail"),
        validators=[InputRequired(), Length(max=320)],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"), validators=[InputRequired(), Length(max=1024)], render_kw={"autocomplete": "current-password"}
    )


class CodeForm(DynamicForm):
    """The second step, where somebody has switched it on."""

    code = StringField(
        _l("Code"), description=_l("Six digits of your authenticator app, or one of your recovery codes."),
        validators=[InputRequired(), Length(max=64)],
    )  # fmt: skip


def where_to_go_on() -> str:
    """Return the path that `next` names, and never its host: an address of elsewhere leads to a page of ours."""
    try:
        wanted = urlsplit(request.args.get("next", ""))
    except ValueError:
        return "/"
    path = wanted.path + (f"?{wanted.query}" if wanted.query else "")
    return path if re.match(r"/(?![/\\])", path) else "/"


def enter(member: Member) -> None:
    """Sign a member in on this device. What an earlier person left in the cookie goes. The caller commits."""
    session.clear()
    session["device"] = str(devices.add(member.id, request.user_agent.string, request.remote_addr))
    login_user(member)
    audit.set_actor(member.id)
    audit.record("device.sign-in", member)


class SignInView(AuthDBView):
    """Sign in with e-mail and password; sign out by POST, so that no foreign page can do it with a picture."""

    login_template = "accounts/sign_in.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        if g.user is not None and g.user.is_authenticated:
            return redirect(where_to_go_on())
        form = SignInForm()
        if form.validate_on_submit() and (response := self._sign_in(form)):
            return response
        status = 200 if request.method == "GET" else 401
        return self.render_template(self.login_template, form=form, appbuilder=self.appbuilder), status

    def _sign_in(self, form: SignInForm) -> Any:
        limit_sign_ins("sign-in", form.email.data.strip().lower())
        member = self.appbuilder.sm.auth_user_db(form.email.data, form.password.data)
        if member is None:
            words = _(
                "This e-mail and password don't belong together, or the address isn't confirmed yet, or the account is "
                "suspended: then you were told by mail."
            )
            flash(words, "danger")
            return None
        after = where_to_go_on()
        if second_factor.find(member.id) is not None:
            session["awaits_code"] = here().signer.sign(AWAITS_CODE, {"member": member.get_id()})
            return redirect(url_for("SignInView.code", next=after))
        enter(member)
        db.session.commit()
        return redirect(after)

    @expose("/login/code", methods=["GET", "POST"])
    @no_cache
    def code(self) -> Any:
        """Ask for the second factor of somebody whose password was right a few minutes ago."""
        member, form = self._who_awaits_code(), CodeForm()
        if member is None:
            return redirect(url_for("SignInView.login"))
        if form.validate_on_submit():
            limit_sign_ins("code", str(member.id))
            if not limits.allow(limits.CODES_PER_ACCOUNT_A_DAY, "code of", str(member.id)):
                abort(429)
            try:
                second_factor.check(member.id, form.code.data)
            except second_factor.WrongCode as wrong:
                form.code.errors = [str(wrong)]
            else:
                enter(member)
                db.session.commit()
                return redirect(where_to_go_on())
        status = 200 if request.method == "GET" else 401
        return self.render_template("accounts/code.html", form=form, appbuilder=self.appbuilder), status

    def _who_awaits_code(self) -> Member | None:
        try:
            payload = here().signer.read(AWAITS_CODE, session.get("awaits_code", ""), max_age_s=CODE_PATIENCE_S)
        except TokenError:
            return None
        return presence.find_member(payload["member"])

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        if current_user.is_authenticated and (device := session.get("device")):
            devices.sign_out(current_user.id, uuid.UUID(device))
            audit.record("device.sign-out", signed_in())
            db.session.commit()
        logout_user()
        session.clear()
        return redirect(self.appbuilder.get_url_for_index)
