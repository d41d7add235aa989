"""Buying: plans compared, a service opened, ordered, canceled and resumed. Its holder alone may do it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user
from sqlalchemy import select

from app import audit
from app.accounts.standing import Standing
from app.caller import signed_in, standing
from app.languages import day_in_full
from app.languages import gettext as _
from app.plans import catalog, orders, periods, quotas, services
from app.plans.features import FEATURES, in_words
from models import Order, Plan, Service
from models.base import db


def _held_service(service_uuid: uuid.UUID) -> Service:
    """Return a service that the person may buy for; a stranger's is a 404."""
    service: Service = find_service(service_uuid) or abort(404)
    if not standing().may_in_service("service.buy", service.id):
        abort(403)
    return service


def find_service(service_uuid: uuid.UUID) -> Service | None:
    return db.session.scalar(select(Service).where(Service.uuid == service_uuid, Service.status != "deleted"))


def may_open(service: Service) -> bool:
    """Tell whether somebody may see what a service bought and uses: who leads in it, and who sells."""
    return standing().sells or standing().may_in_service("people.view", service.id)


def may_take(who: Standing, service_id: int) -> bool:
    """Tell whether somebody may export a service: who holds it, and nobody who stands above."""
    return service_id in who.held_service_ids and who.may_in_service("service.export", service_id)


def _find_plan(name: str) -> Plan | None:
    return next((plan for plan in catalog.plans_on_offer() if plan.name == name), None)


class PlansPage(BaseView):
    """What is sold, side by side; open to everybody."""

    route_base = "/plans"
    default_view = "compare"

    @expose("/")
    def compare(self) -> Any:
        is_member = current_user.is_authenticated
        may_order = is_member and standing().look is None
        free_start = not (is_member and periods.had_free_start(current_user.id))
        return self.render_template(
            "plans/compare.html", appbuilder=self.appbuilder, plans=catalog.plans_on_offer(), features=FEATURES,
            in_words=in_words, may_order=may_order, may_start_free=free_start,
        )  # fmt: skip

    @expose("/<name>", methods=["POST"])
    def choose(self, name: str) -> Any:
        if not current_user.is_authenticated:
            return redirect(url_for("SignUpPage.sign_up"))
        plan: Plan = _find_plan(name) or abort(404)
        title = request.form.get("name", "").replace("\0", "").strip()
        if not 1 <= len(title) <= 120:  # noqa: PLR2004 - the column's width
            flash(_("Give the service a name of 1 to 120 characters: your organization's, for instance."), "danger")
            return redirect(url_for("PlansPage.compare"))
        service = self._open(plan, title)
        db.session.commit()
        return redirect(url_for("ServicePage.show", service_uuid=service.uuid))

    def _open(self, plan: Plan, title: str) -> Service:
        if periods.starts_free(plan) and not periods.had_free_start(current_user.id):
            flash(_("%(title)s is open.", title=title), "success")
            return services.open_service(signed_in(), plan, title)[0]
        if plan.price == 0:
            abort(409)
        service = services.open_waiting(signed_in(), plan, title)[0]
        orders.order(service, plan, current_user.id)
        flash(
            _("Your order is on its way: the invoice comes by mail, and the service starts once it is paid."), "success"
        )
        return service


class ServicePage(BaseView):
    """One service: its period, its quotas, its orders, and what its holder can do about them."""

    route_base = "/service"
    default_view = "show"

    @expose("/<uuid:service_uuid>")
    @has_access
    def show(self, service_uuid: uuid.UUID) -> Any:
        service: Service = find_service(service_uuid) or abort(404)
        if not may_open(service):
            abort(403)
        waiting = db.session.scalars(select(Order).where(Order.service_id == service.id).order_by(Order.id.desc()))
        found = list(waiting.fetchmany(20))
        period = periods.find_current(service.id)
        db.session.commit()
        return self.render_template(
            "plans/service.html", appbuilder=self.appbuilder, service=service, period=period,
            meters=quotas.meters(service), orders=found, plans=catalog.plans_on_offer(),
            may_buy=standing().may_in_service("service.buy", service.id), in_words=in_words, cares=standing().sells,
            may_take=may_take(standing(), service.id),
        )  # fmt: skip

    @expose("/<uuid:service_uuid>/order", methods=["POST"])
    @has_access
    def order(self, service_uuid: uuid.UUID) -> Any:
        service = _held_service(service_uuid)
        plan = _find_plan(request.form.get("plan", ""))
        if plan is None:
            raise services.ServiceError(_("Choose one of the plans that are on offer."))
        made = orders.order(service, plan, current_user.id)
        return self._done(service, "order.add", made, _("Ordered. The invoice comes by mail."))

    @expose("/<uuid:service_uuid>/cancel", methods=["GET", "POST"])
    @has_access
    def cancel(self, service_uuid: uuid.UUID) -> Any:
        """Ask on a page of its own; cancel when its button is pressed."""
        service = _held_service(service_uuid)
        if request.method != "POST":
            return self._ask(service)
        ends = services.cancel(service)
        said = _("Canceled.")
        if ends is not None:
            said = _("Canceled. It works until %(day)s, %(time)s UTC.", day=day_in_full(ends), time=f"{ends:%H:%M}")
        return self._done(service, "service.cancel", service, said)

    @expose("/<uuid:service_uuid>/resume", methods=["POST"])
    @has_access
    def resume(self, service_uuid: uuid.UUID) -> Any:
        service = _held_service(service_uuid)
        services.resume(service)
        return self._done(service, "service.resume", service, _("The cancellation is taken back."))

    def _ask(self, service: Service) -> Any:
        period = periods.find_current(service.id)
        ends = period.expired_at if period else None
        consequence = (
            _("It works until its period ends on %(day)s.", day=day_in_full(ends))
            if ends
            else _("Its chatbots stop at once.")
        )
        above = [(_("Services"), url_for("ServiceView.list")), (service.name, self._address(service))]
        return self.render_template(
            "confirm.html", question=_("Cancel service %(name)s?", name=service.name), consequence=consequence,
            verb=_("Cancel the service"), dismiss=_("Keep it"), trail=above, appbuilder=self.appbuilder,
        )  # fmt: skip

    def _address(self, service: Service) -> str:
        return url_for("ServicePage.show", service_uuid=service.uuid)

    def _done(self, service: Service, action: str, row: Any, said: str) -> Any:
        audit.record(action, row)
        db.session.commit()
        flash(said, "success")
        return redirect(self._address(service))
