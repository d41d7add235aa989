"""A password of one's own in the place of one that was given: the only page that the given one opens."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, session
from flask_appbuilder import BaseView, expose, has_access
from flask_login import login_user

from app import audit
from app.accounts import devices, passwords
from app.caller import limit_secrets, limit_tries, signed_in
from app.languages import gettext as _
from app.signin import where_to_go_on
from models.base import db
from views.profile import PasswordForm


class OwnPasswordPage(BaseView):
    """The given password and the one from now on."""

    route_base = "/own-password"
    default_view = "show"

    @expose("/", methods=["GET"])
    @has_access
    def show(self) -> Any:
        return self._page(PasswordForm()) if signed_in().password_is_given else redirect(where_to_go_on())

    @expose("/", methods=["POST"])
    @has_access
    @limit_tries
    def choose(self) -> Any:
        member = signed_in()
        if not member.password_is_given:
            return redirect(where_to_go_on())
        limit_secrets("password of")
        form = PasswordForm()
        if not form.validate_on_submit():
            return self._page(form), 400
        try:
            passwords.replace_given(member, form.old.data, form.new.data)
        except passwords.PasswordError as error:
            form.new.errors = [str(error)]
            return self._page(form), 400
        devices.sign_out_all(member.id, but=session.get("device"))
        login_user(member)
        audit.record("password.change", member)
        db.session.commit()
        flash(_("This password is yours alone. Welcome."), "success")
        return redirect(where_to_go_on())

    def _page(self, form: PasswordForm) -> Any:
        return self.render_template(
            "account/own_password.html", appbuilder=self.appbuilder, form=form, next=where_to_go_on()
        )
