"""The webhooks of a chatbot: what each is told of, its secret, and what became of the latest deliveries."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.webhooks import events, owning
from jobs import queues
from models import Webhook, db
from views.chatbot_places import find_chatbot, trail_of
from views.questions import ask


class WebhookPage(BaseView):
    """Webhooks of one chatbot. A stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/webhooks")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        """Show them, also while the service does not run; the secrets to those alone who may change them."""
        chatbot = find_chatbot(chatbot_uuid, "look.view")
        may_edit = standing().may("chatbot.edit", chatbot.workspace_id)
        found = owning.list_webhooks(chatbot)
        secrets = {webhook.id: owning.secrets_of(webhook) for webhook in found if may_edit}
        return self.render_template(
            "webhooks/show.html", appbuilder=self.appbuilder, chatbot=chatbot, webhooks=found, secrets_of=secrets,
            events=events.WORDS, deliveries=owning.deliveries_of(chatbot), may_edit=may_edit,
            may_add=may_edit and len(found) < owning.MAX_WEBHOOKS,
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/webhooks", methods=["POST"])
    @has_access
    def add(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        webhook = owning.add(chatbot, request.form.get("url", ""), request.form.getlist("event"))
        return self._done(chatbot_uuid, "webhook.add", webhook)

    @expose("/<uuid:chatbot_uuid>/webhooks/<uuid:webhook_uuid>/events", methods=["POST"])
    @has_access
    def choose(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Any:
        webhook = self._find(chatbot_uuid, webhook_uuid)
        owning.choose_events(webhook, request.form.getlist("event"))
        return self._done(chatbot_uuid, "webhook.choose_events", webhook, "Saved.")

    @expose("/<uuid:chatbot_uuid>/webhooks/<uuid:webhook_uuid>/renew", methods=["POST"])
    @has_access
    def renew(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Any:
        webhook = self._find(chatbot_uuid, webhook_uuid)
        owning.renew_secret(webhook)
        said = "The secret is new. For a day, what is sent carries a signature by the one before too."
        return self._done(chatbot_uuid, "webhook.renew_secret", webhook, said)

    @expose("/<uuid:chatbot_uuid>/webhooks/<uuid:webhook_uuid>/test", methods=["POST"])
    @has_access
    def try_out(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Any:
        webhook = self._find(chatbot_uuid, webhook_uuid)
        delivery_id = owning.try_out(webhook).id
        said = "A test is on its way; see what came of it below."
        answer = self._done(chatbot_uuid, "webhook.try_out", webhook, said)
        queues.wake_deliveries(delivery_id)
        return answer

    @expose("/<uuid:chatbot_uuid>/webhooks/<uuid:webhook_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Any:
        webhook = self._find(chatbot_uuid, webhook_uuid)
        owning.switch(webhook)
        return self._done(chatbot_uuid, "webhook.switch", webhook)

    @expose("/<uuid:chatbot_uuid>/webhooks/<uuid:webhook_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Any:
        webhook = self._find(chatbot_uuid, webhook_uuid)
        if request.method != "POST":
            trail = [*trail_of(webhook.chatbot), ("Webhooks", self._address(chatbot_uuid))]
            words = f"{webhook.url} is told of nothing any more; what waits to be sent is forgotten."
            return ask(self, "Delete this webhook?", "Delete", trail, consequence=words)
        db.session.delete(webhook)
        return self._done(chatbot_uuid, "webhook.delete", webhook)

    @expose("/<uuid:chatbot_uuid>/deliveries/<uuid:delivery_uuid>/again", methods=["POST"])
    @has_access
    def send_again(self, chatbot_uuid: uuid.UUID, delivery_uuid: uuid.UUID) -> Any:
        delivery = owning.find_delivery(find_chatbot(chatbot_uuid, "chatbot.edit"), delivery_uuid) or abort(404)
        owning.send_again(delivery)
        delivery_id = delivery.id
        answer = self._done(chatbot_uuid, "webhook.send_again", delivery)
        queues.wake_deliveries(delivery_id)
        return answer

    def _find(self, chatbot_uuid: uuid.UUID, webhook_uuid: uuid.UUID) -> Webhook:
        found: Webhook = owning.find(find_chatbot(chatbot_uuid, "chatbot.edit"), webhook_uuid) or abort(404)
        return found

    def _done(self, chatbot_uuid: uuid.UUID, action: str, row: Any, said: str = "") -> Any:
        audit.record(action, row)
        db.session.commit()
        if said:
            flash(said, "success")
        return redirect(self._address(chatbot_uuid))

    def _address(self, chatbot_uuid: uuid.UUID) -> str:
        return url_for("WebhookPage.show", chatbot_uuid=chatbot_uuid)
