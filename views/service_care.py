"""What staff do for a service: suspend it and let it work again, extend its trial or period."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from app import audit
from app.accounts import suspending
from app.caller import standing
from app.languages import day_in_full
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.plans import services
from models import Service
from models.base import db
from views.buying import find_service
from views.questions import ReasonForm, ask, is_answered


class DaysForm(DynamicForm):
    """How much longer."""

    days = IntegerField(_l("Days"), default=7, validators=[InputRequired(), NumberRange(1, 366)])


class ServiceCarePage(BaseView):
    """Each asks first, and is written into the customer's audit trail."""

    route_base = "/service-care"

    @expose("/<uuid:service_uuid>/suspend", methods=["GET", "POST"])
    @has_access
    def suspend(self, service_uuid: uuid.UUID) -> Any:
        service, form = self._find(service_uuid), ReasonForm()
        if not is_answered(form):
            return self._ask(
                service, _("Suspend %(name)s?", name=service.name), _("Suspend"), form=form, picture="minus",
                consequence=_("Its chatbots stop at once and its pages can only be read. The holder reads the reason "
                "in a mail and on every page. Nothing is deleted, and its period goes on."),
            )  # fmt: skip
        suspending.suspend(standing(), service, form.reason.data)
        return self._done(service, _("The service is suspended."))

    @expose("/<uuid:service_uuid>/lift", methods=["GET", "POST"])
    @has_access
    def lift(self, service_uuid: uuid.UUID) -> Any:
        service = self._find(service_uuid)
        if not is_answered():
            words = _("It works again at once, as far as its period runs. The holder is told by mail.")
            question = _("Lift the suspension of %(name)s?", name=service.name)
            return self._ask(service, question, _("Lift it"), consequence=words, picture="check", is_harmless=True)
        suspending.lift(standing(), service)
        return self._done(service, _("The suspension is lifted."))

    @expose("/<uuid:service_uuid>/extend", methods=["GET", "POST"])
    @has_access
    def extend(self, service_uuid: uuid.UUID) -> Any:
        service, form = self._find(service_uuid), DaysForm()
        if not is_answered(form):
            words = _("Its trial or period lasts so much longer, from its end or from now, whichever is later.")
            question = _("Extend %(name)s?", name=service.name)
            return self._ask(
                service, question, _("Extend"), consequence=words, form=form, picture="clock", is_harmless=True
            )
        ends = services.extend(service, form.days.data)
        audit.record("service.extend", service)
        said = _("The service works until %(day)s, %(time)s UTC.", day=day_in_full(ends), time=f"{ends:%H:%M}")
        return self._done(service, said)

    def _find(self, service_uuid: uuid.UUID) -> Service:
        found: Service = find_service(service_uuid) or abort(404)
        return found

    def _ask(self, service: Service, question: str, verb: str, **words: Any) -> Any:
        above = [(_("Services"), url_for("ServiceView.list")), (service.name, self._address(service))]
        return ask(self, question, verb, above, **words)

    def _address(self, service: Service) -> str:
        return url_for("ServicePage.show", service_uuid=service.uuid)

    def _done(self, service: Service, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(self._address(service))
