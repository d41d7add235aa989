"""Putting a service that was exported elsewhere into this installation; those who sell do it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.validators import Length

from app.exports import arriving, entrance, parcel
from app.exports.completing import Import
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import retold
from app.plans import catalog
from app.refusals import Refusal
from app.storage import StorageError
from app.wording import words
from models import tenancy

AS_IT_WAS = ("", _l("As it was there"))


class ArrivalForm(DynamicForm):
    """The file, and what it becomes here."""

    file = FileField(
        _l("File"), description=_l("The ZIP of the other installation, which its holder gets by “Export the service”."),
        validators=[FileRequired(_l("Choose the ZIP."))],
    )  # fmt: skip
    holder = StringField(
        _l("Holder"),
        description=_l("A member's e-mail address. Left empty: who held it there."),
        validators=[Length(max=320)],
    )
    plan = SelectField(_l("Plan"), validate_choice=True)


class ArrivalPage(BaseView):
    """Nothing here is overwritten: the service is a new one."""

    route_base = "/import"
    default_view = "bring"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def bring(self) -> Any:
        form = ArrivalForm()
        form.plan.choices = [AS_IT_WAS, *((plan.name, words(plan.name)) for plan in catalog.plans_on_offer())]
        made = _bring(form) if form.validate_on_submit() else None
        if made is None:
            status = 400 if request.method == "POST" else 200
            return self.render_template("exports/bring.html", form=form, appbuilder=self.appbuilder), status
        flash(_("%(name)s is here, as a new service: its sources are being read.", name=made.service.name), "success")
        for note in made.notes:
            flash(note, "warning")
        return redirect(url_for("ServicePage.show", service_uuid=made.service.uuid), 303)


def _bring(form: ArrivalForm) -> Import | None:
    with tempfile.NamedTemporaryFile(prefix="docent-") as file:
        form.file.data.save(file)
        file.flush()
        try:
            with tenancy.everything(), parcel.opened(Path(file.name)) as opened:
                holder = entrance.find_holder(opened, form.holder.data or "")
                return arriving.arrive(opened, holder, entrance.choose_plan(opened, form.plan.data))
        except (Refusal, StorageError) as error:
            form.file.errors = [retold(str(error))]
            return None
