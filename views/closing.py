"""Deleting one's own account: what becomes of each service is asked before anything happens."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_login import logout_user

from app.accounts import closing
from app.caller import limit_secrets, signed_in
from app.languages import gettext as _
from app.refusals import Refusal
from models.base import db
from views.profile import present_password


class ClosingForm(DynamicForm):
    """The password; the choices about services stand beside it."""

    password = present_password()


class ClosingPage(BaseView):
    """One's own account, deleted for good."""

    route_base = "/profile/delete"
    default_view = "ask"

    @expose("/")
    @has_access
    def ask(self) -> Any:
        return self._page(ClosingForm(formdata=None))

    @expose("/", methods=["POST"])
    @has_access
    def close(self) -> Any:
        limit_secrets("password of")
        form = ClosingForm()
        if not form.validate_on_submit():
            return self._page(form), 400
        held = closing.find_held(signed_in().id)
        choices = {each.service.id: request.form.get(f"service-{each.service.id}", "") for each in held}
        try:
            closing.close_account(signed_in(), form.password.data, choices)
        except Refusal as refused:
            db.session.rollback()
            form.password.errors = [str(refused)]
            return self._page(form), 400
        db.session.commit()
        logout_user()
        session.clear()
        flash(_("Your account is deleted."), "success")
        return redirect(self.appbuilder.get_url_for_index)

    def _page(self, form: ClosingForm) -> Any:
        held = closing.find_held(signed_in().id)
        chosen = {each.service.id: request.form.get(f"service-{each.service.id}", "") for each in held}
        return self.render_template(
            "account/delete.html", appbuilder=self.appbuilder, form=form, held=held, chosen=chosen
        )
