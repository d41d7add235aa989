"""The sign-in and sign-out screens."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, g, redirect, request
from flask_appbuilder import expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user, logout_user
from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired, Length

from app import limits


class SignInForm(DynamicForm):
    """E-mail and password."""

    email = EmailField("E-mail", validators=[InputRequired(), Length(max=320)])
    password = PasswordField("Password", validators=[InputRequired(), Length(max=1024)])


class SignInView(AuthDBView):
    """Sign in with e-mail and password; sign out by POST, so that no foreign page can do it with a picture."""

    login_template = "accounts/sign_in.html"

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        if g.user is not None and g.user.is_authenticated:
            return redirect(self._get_safe_next_url())
        form = SignInForm()
        if form.validate_on_submit() and (response := self._sign_in(form)):
            return response
        status = 200 if request.method == "GET" else 401
        return self.render_template(self.login_template, form=form, appbuilder=self.appbuilder), status

    def _sign_in(self, form: SignInForm) -> Any:
        who = limits.address_group(request.remote_addr)
        if not limits.allow(limits.SIGN_INS_PER_ADDRESS, "sign-in", who):
            abort(429)
        if not limits.allow(limits.SIGN_INS_PER_ACCOUNT, "sign-in to", form.email.data.strip().lower()):
            abort(429)
        member = self.appbuilder.sm.auth_user_db(form.email.data, form.password.data)
        if member is None:
            flash("This e-mail and password don't belong together, or the address isn't confirmed yet.", "danger")
            return None
        login_user(member)
        return redirect(get_safe_redirect(request.args.get("next", "")))

    @expose("/logout/", methods=["POST"])
    def logout(self) -> Any:
        logout_user()
        return redirect(self.appbuilder.get_url_for_index)
