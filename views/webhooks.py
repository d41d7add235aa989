"""Webhooks: those of workspaces and whole services on a page of their own, and what is done with each of any reach."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select

from app import audit
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.webhooks import events, finding, owning
from jobs import queues
from models import Delivery, Service, Webhook, Workspace, db
from views.chatbot_places import trail_of
from views.questions import ask
from views.ticks import touched
from views.webhook_rights import led_by, led_by_caller

_BEFORE = _l("For a day, what is sent carries a signature by the one before too.")


class WebhookPage(BaseView):
    """Webhooks that tell of nothing but what lies where somebody leads. Any other is a 404."""

    route_base = "/webhooks"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        """Show them, also while the service does not run; the secrets to those alone who may change them."""
        if not standing().may_anywhere("webhook.view"):
            abort(403)
        me = standing().as_member()
        found = finding.list_led(led_by(me, "view"))
        wide = [webhook for webhook in found if webhook.chatbot is None]
        changed = {webhook.id for webhook in finding.list_led(led_by(me, "edit"))}
        services, workspaces = _reachable()
        return self.render_template(
            "webhooks/list.html", appbuilder=self.appbuilder, webhooks=wide, events=events.WORDS, editable=changed,
            secrets_of={webhook.id: owning.secrets_of(webhook) for webhook in wide if webhook.id in changed},
            of_chatbots=[webhook for webhook in found if webhook.chatbot is not None],
            deliveries=finding.deliveries_of(wide), services=services, workspaces=workspaces,
        )  # fmt: skip

    @expose("/", methods=["POST"])
    @has_access
    def add(self) -> Any:
        if not standing().may_anywhere("webhook.edit"):
            abort(403)
        services, workspaces = _reachable()
        url, wanted = request.form.get("url", ""), request.form.getlist("event")
        said = _("Added. Its secret is below.")
        whole = next((service for service in services if str(service.uuid) == request.form.get("service")), None)
        if whole is not None:
            return self._done("webhook.add", owning.add_for_service(whole, url, wanted), said)
        chosen = [place for place in workspaces if str(place.uuid) in request.form.getlist("workspace")]
        return self._done("webhook.add", owning.add_for_workspaces(chosen, url, wanted), said)

    @expose("/<uuid:webhook_uuid>/events", methods=["POST"])
    @has_access
    def choose(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = _find(webhook_uuid)
        changed = touched("event", events.WORDS)
        owning.choose_events(webhook, [name for name in events.WORDS if changed.get(name, name in webhook.events)])
        return self._done("webhook.choose_events", webhook, _("Saved."))

    @expose("/<uuid:webhook_uuid>/renew", methods=["POST"])
    @has_access
    def renew(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = _find(webhook_uuid)
        owning.renew_secret(webhook)
        return self._done("webhook.renew_secret", webhook, f"{_('The secret is new.')} {_BEFORE}")

    @expose("/<uuid:webhook_uuid>/test", methods=["POST"])
    @has_access
    def try_out(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = _find(webhook_uuid)
        delivery_id = owning.try_out(webhook).id
        answer = self._done("webhook.try_out", webhook, _("A test is on its way; see what came of it below."))
        queues.wake_deliveries(delivery_id)
        return answer

    @expose("/<uuid:webhook_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = _find(webhook_uuid)
        owning.switch(webhook, is_on=webhook.status != "active")
        return self._done("webhook.switch", webhook)

    @expose("/<uuid:webhook_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete(self, webhook_uuid: uuid.UUID) -> Any:
        webhook = _find(webhook_uuid)
        if request.method != "POST":
            above = trail_of(webhook.chatbot) if webhook.chatbot is not None else []
            words = _("%(url)s is told of nothing any more; what waits to be sent is forgotten.", url=webhook.url)
            trail = [*above, (_("Webhooks"), _page_of(webhook))]
            return ask(self, _("Delete this webhook?"), _("Delete"), trail, consequence=words)
        page = _page_of(webhook)
        db.session.delete(webhook)
        return self._done("webhook.delete", webhook, page=page)

    @expose("/deliveries/<uuid:delivery_uuid>/again", methods=["POST"])
    @has_access
    def send_again(self, delivery_uuid: uuid.UUID) -> Any:
        delivery: Delivery = finding.find_delivery(delivery_uuid, led_by_caller()) or abort(404)
        webhook, delivery_id = _find(delivery.webhook.uuid), delivery.id
        owning.send_again(delivery)
        answer = self._done("webhook.send_again", delivery, page=_page_of(webhook))
        queues.wake_deliveries(delivery_id)
        return answer

    def _done(self, action: str, row: Any, said: str = "", *, page: str = "") -> Any:
        page = page or _page_of(row)
        audit.record(action, row)
        db.session.commit()
        if said:
            flash(said, "success")
        return redirect(page)


def _find(webhook_uuid: uuid.UUID) -> Webhook:
    """Return a webhook that the person may change; 404 for a stranger's, 403 without the right."""
    found: Webhook = finding.find(webhook_uuid, led_by_caller()) or abort(404)
    if finding.find(webhook_uuid, led_by_caller("edit")) is None:
        abort(403)
    return found


def _page_of(webhook: Webhook) -> str:
    if webhook.chatbot is None:
        return url_for("WebhookPage.show")
    return url_for("ChatbotWebhookPage.show", chatbot_uuid=webhook.chatbot.uuid)


def _reachable() -> tuple[list[Service], list[Workspace]]:
    """Return the services and the workspaces of their own that the person may have told of."""
    led = led_by(standing().as_member(), "edit")
    services = select(Service).where(Service.id.in_(led.service_ids), Service.status == "enabled").order_by(Service.id)
    workspaces = select(Workspace).where(Workspace.id.in_(led.workspace_ids), Workspace.deleted_at.is_(None))
    workspaces = workspaces.order_by(Workspace.service_id, Workspace.id)
    return list(db.session.scalars(services)), list(db.session.scalars(workspaces))
