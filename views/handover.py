"""Handing a service over: its holder offers it to somebody in it, who takes it by a button."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app.accounts import ownership
from app.caller import signed_in, standing
from app.languages import gettext as _
from app.values import whole_number
from models import Service
from models.base import db
from views.buying import find_service


def _held(service_uuid: uuid.UUID) -> Service:
    """Return a service that the person may give away; a stranger's is a 404."""
    service: Service = find_service(service_uuid) or abort(404)
    if not standing().may_in_service("service.buy", service.id):
        abort(403)
    return service


def _offered(service_uuid: uuid.UUID) -> Service:
    service: Service = find_service(service_uuid) or abort(404)
    if not _is_offered_to_me(service):
        abort(403)
    return service


def _is_offered_to_me(service: Service) -> bool:
    waiting = ownership.find_offer(service)
    return waiting is not None and waiting.successor_id == standing().member_id


class HandoverPage(BaseView):
    """The offer of a service, as its holder and as the one it is offered to see it."""

    route_base = "/service"
    default_view = "show"

    @expose("/<uuid:service_uuid>/handover")
    @has_access
    def show(self, service_uuid: uuid.UUID) -> Any:
        service: Service = find_service(service_uuid) or abort(404)
        is_holder = standing().may_in_service("service.buy", service.id)
        is_successor = _is_offered_to_me(service)
        if not (is_holder or is_successor):
            abort(403)
        return self.render_template(
            "account/handover.html", appbuilder=self.appbuilder, service=service, is_successor=is_successor,
            offer=ownership.find_offer(service),
            successors=ownership.find_successors(service) if is_holder else [],
        )  # fmt: skip

    @expose("/<uuid:service_uuid>/handover", methods=["POST"])
    @has_access
    def offer(self, service_uuid: uuid.UUID) -> Any:
        service, chosen = _held(service_uuid), request.form.get("successor", "")
        person = ownership.offer(service, whole_number(chosen) or 0)
        return self._done(
            service,
            _(
                "%(name)s is offered to %(successor)s, who finds it on this page.",
                name=service.name,
                successor=person.name,
            ),
        )

    @expose("/<uuid:service_uuid>/handover/withdraw", methods=["POST"])
    @has_access
    def withdraw(self, service_uuid: uuid.UUID) -> Any:
        service = _held(service_uuid)
        ownership.withdraw(service)
        return self._done(service, _("The offer is taken back."))

    @expose("/<uuid:service_uuid>/handover/accept", methods=["POST"])
    @has_access
    def accept(self, service_uuid: uuid.UUID) -> Any:
        service = _offered(service_uuid)
        ownership.accept(service, signed_in())
        return self._done(service, _("You hold %(name)s now.", name=service.name), "ServicePage.show")

    @expose("/<uuid:service_uuid>/handover/decline", methods=["POST"])
    @has_access
    def decline(self, service_uuid: uuid.UUID) -> Any:
        service = _offered(service_uuid)
        ownership.withdraw(service)
        db.session.commit()
        flash(_("You have declined."), "success")
        return redirect(self.appbuilder.get_url_for_index)

    def _done(self, service: Service, said: str, page: str = "HandoverPage.show") -> Any:
        address = url_for(page, service_uuid=service.uuid)
        db.session.commit()
        flash(said, "success")
        return redirect(address)
