"""The webhooks of one chatbot, among its pages; what is done with each: views/webhooks.py."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.languages import gettext as _
from app.webhooks import events, finding, owning
from models import db
from views.chatbot_places import find_chatbot


class ChatbotWebhookPage(BaseView):
    """Webhooks of one chatbot. A stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/webhooks")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        """Show them, also while the service does not run; the secrets to those alone who may change them."""
        chatbot = find_chatbot(chatbot_uuid, "webhook.view")
        may_edit = standing().may_with("webhook.edit", chatbot)
        found = finding.of_chatbot(chatbot)
        secrets = {webhook.id: owning.secrets_of(webhook) for webhook in found if may_edit}
        return self.render_template(
            "webhooks/chatbot.html", appbuilder=self.appbuilder, chatbot=chatbot, webhooks=found, secrets_of=secrets,
            events=events.WORDS, deliveries=finding.deliveries_of(found), editable=set(secrets),
            may_add=may_edit and len(found) < owning.MAX_WEBHOOKS,
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/webhooks", methods=["POST"])
    @has_access
    def add(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "webhook.edit")
        webhook = owning.add(chatbot, request.form.get("url", ""), request.form.getlist("event"))
        audit.record("webhook.add", webhook)
        db.session.commit()
        flash(_("Added. Its secret is below."), "success")
        return redirect(url_for("ChatbotWebhookPage.show", chatbot_uuid=chatbot_uuid))
