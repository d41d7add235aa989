"""The start page: a visitor's front door, a member's chatbots."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_login import current_user

from app.caller import standing
from app.history import installation, overview
from app.plans.pressing import pressing
from jobs import queues


class HomeView(IndexView):
    """What somebody sees first: sign-in or sign-up for strangers, their chatbots at a
    glance for members, and the installation for those who run it.
    """

    index_template = "home/home.html"

    @expose("/")
    def index(self) -> Any:
        self.update_redirect()
        if not current_user.is_authenticated:
            return self.render_template("home/front.html", appbuilder=self.appbuilder)
        look = standing().look
        if look is not None and look.only_chats:
            return redirect(url_for("HistoryPage.index"))
        if standing().sells:
            return self._show_installation()
        cards = overview.chatbot_cards()
        full = pressing(standing().held_service_ids)
        may_create = standing().may_anywhere("chatbot.edit")
        return self.render_template(
            self.index_template, cards=cards, are_all=len(cards) < overview.MAX_CARDS, may_create=may_create,
            full=full, appbuilder=self.appbuilder,
        )  # fmt: skip

    def _show_installation(self) -> Any:
        figures, queue = installation.read_figures(), queues.read_state()
        return self.render_template("home/installation.html", figures=figures, queue=queue, appbuilder=self.appbuilder)
