"""What staff have suspended, and the way to a chatbot that somebody complained about."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app.accounts import reported, suspending
from app.caller import standing
from app.languages import gettext as _
from models import Chatbot
from models.base import db
from views.questions import ReasonForm, ask, is_answered

MAX_SEEN = 4000  # characters of an embed code


class SuspensionPage(BaseView):
    """Of a chatbot staff see its name and whose it is; what is in it stays the customer's."""

    route_base = "/suspensions"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        seen = request.args.get("seen", "").strip()[:MAX_SEEN]
        return self.render_template(
            "suspensions/show.html", appbuilder=self.appbuilder, seen=seen,
            found=reported.search(seen) if seen else [], chatbots=reported.suspended_chatbots(),
            services=reported.suspended_services(), people=reported.suspended_people(),
        )  # fmt: skip

    @expose("/chatbot/<uuid:chatbot_uuid>/suspend", methods=["GET", "POST"])
    @has_access
    def suspend(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, form = self._find(chatbot_uuid), ReasonForm()
        if not is_answered(form):
            words = _(
                "It answers nobody at once, reads no website by itself, and can be read but not changed. The holder of "
                "its service reads the reason in a mail, and whoever works with it on its pages. Nothing is deleted."
            )
            question = _("Suspend the chatbot %(name)s?", name=chatbot.name)
            return self._ask(question, _("Suspend"), consequence=words, form=form, picture="minus")
        suspending.suspend(standing(), chatbot, form.reason.data)
        return self._done(_("%(name)s is suspended.", name=chatbot.name))

    @expose("/chatbot/<uuid:chatbot_uuid>/lift", methods=["GET", "POST"])
    @has_access
    def lift(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid)
        if not is_answered():
            question = _("Lift the suspension of %(name)s?", name=chatbot.name)
            words = _("It answers again at once. The holder of its service is told by mail.")
            return self._ask(question, _("Lift it"), consequence=words, picture="check", is_harmless=True)
        suspending.lift(standing(), chatbot)
        return self._done(_("The suspension is lifted."))

    def _find(self, chatbot_uuid: uuid.UUID) -> Chatbot:
        found: Chatbot = reported.find(chatbot_uuid) or abort(404)
        return found

    def _ask(self, question: str, verb: str, **words: Any) -> Any:
        return ask(self, question, verb, [(_("Suspensions"), url_for("SuspensionPage.show"))], **words)

    def _done(self, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(url_for("SuspensionPage.show"))
