"""Looking at a customer's service: begun with a reason, ended by a button or the clock."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.accounts import acting
from app.caller import signed_in
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models.base import db


class LookForm(DynamicForm):
    """Where to, and why."""

    service = StringField(
        _l("Service"),
        description=_l("Its holder's e-mail address, its website, or the number in the address of the service's page."),
        validators=[DataRequired(), Length(max=320)],
    )  # fmt: skip
    reason = TextAreaField(
        _l("Reason"), description=_l("The customer reads it in the audit trail: name the request that you help with."),
        validators=[DataRequired(), Length(min=acting.MIN_REASON, max=2000)],
    )  # fmt: skip


class LookPage(BaseView):
    """No address names a service here, so that none tells whether there is one."""

    route_base = "/look"
    default_view = "begin"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def begin(self) -> Any:
        form = LookForm(service=request.args.get("service", ""))
        if not form.validate_on_submit() or not self._begin(form):
            status = 400 if request.method == "POST" else 200
            return self.render_template("looking/begin.html", form=form, appbuilder=self.appbuilder), status
        return redirect(url_for("HomeView.index"))

    def _begin(self, form: LookForm) -> bool:
        try:
            grant = acting.start(signed_in(), acting.find_service(form.service.data), form.reason.data)
        except acting.LookError as error:
            form.service.errors = [str(error)]
            return False
        session["look"] = str(grant.uuid)
        db.session.commit()
        return True

    @expose("/end", methods=["POST"])
    @has_access
    def end(self) -> Any:
        grant = acting.find(session.pop("look"), signed_in()) if "look" in session else None
        if grant is not None:
            acting.end(grant)
            db.session.commit()
            flash(_("The look is over."), "success")
        return redirect(url_for("HomeView.index"))
