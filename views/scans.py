"""How a chatbot's scanned pages are read: in which languages, and how many pages the plan has left today."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.knowledge import scans
from app.languages import gettext as _
from app.plans import usage
from models import Service, db
from views.chatbot_places import find_chatbot


class ScansPage(BaseView):
    """One form. A stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/scans")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        service: Service = db.session.get(Service, chatbot.service_id) or abort(404)
        return self.render_template(
            "chatbot/scans.html", appbuilder=self.appbuilder, chatbot=chatbot, chosen=scans.languages_of(chatbot),
            languages=scans.names_of_languages(), most=scans.MAX_LANGUAGES,
            n_today=usage.used_now(service, scans.METRIC), limit=usage.limit_of(service, scans.METRIC),
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/scans", methods=["POST"])
    @has_access
    def change(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        scans.choose_languages(chatbot, request.form.getlist("language"))
        audit.record("chatbot.scans", chatbot)
        db.session.commit()
        flash(_("Saved. Scans are read so from now on; read a source again to have it read anew."), "success")
        return redirect(url_for("ScansPage.show", chatbot_uuid=chatbot.uuid))
