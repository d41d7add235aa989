"""What a person may change about themselves."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_login import current_user, login_user
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length

from app.accounts import devices, passwords
from app.caller import limit_tries
from models.base import db


class PasswordForm(DynamicForm):
    """The old password and the new one."""

    old = PasswordField(
        "Present password",
        validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "current-password"},
    )
    new = PasswordField(
        "New password", description="12 characters or more", validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


class ProfileView(BaseView):
    """One's own name, address, roles and password."""

    route_base = "/profile"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        return self._page(PasswordForm())

    @expose("/password", methods=["POST"])
    @has_access
    @limit_tries
    def change_password(self) -> Any:
        form = PasswordForm()
        if not form.validate_on_submit():
            return self._page(form), 400
        try:
            passwords.change(current_user, form.old.data, form.new.data)
        except passwords.PasswordError as error:
            flash(str(error), "danger")
            return self._page(form), 400
        devices.sign_out_all(current_user.id, but=session.get("device"))
        db.session.commit()
        login_user(current_user)  # the other devices are signed out, this one stays
        flash("Your password is changed. All your other devices are signed out.", "success")
        return redirect(url_for("ProfileView.show"))

    def _page(self, form: PasswordForm) -> Any:
        return self.render_template("accounts/profile.html", form=form, appbuilder=self.appbuilder)
