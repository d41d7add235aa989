"""Screens of those who run the installation: periods that were bought, and kept mails."""

from __future__ import annotations

from typing import Any

from flask import Response, abort
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user
from flask_mail import Message

from app import mail
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.mail import samples
from app.wording import words
from models import Subscription
from views.base import Screen, table
from views.columns import moment, status_badge


class SubscriptionView(Screen):
    """Paid and trial periods."""

    datamodel = table(Subscription)
    list_title, show_title = _l("Subscriptions"), _l("Subscription")
    list_columns = ["service", "plan", "member", "status", "subscription_date", "expired_at"]
    show_columns = list_columns
    add_columns = edit_columns = ["status"]
    search_columns = ["status"]
    base_permissions = ["can_list", "can_show"]
    label_columns = {"subscription_date": _l("Since"), "expired_at": _l("Until"), "member": _l("Payer")}
    holds_people = True
    filter_choices = {"status": ("active", "canceled", "expired")}
    picture, empty_words = "order", _l("Nobody has bought anything yet.")
    formatters_columns = {
        "plan": words, "status": status_badge, "subscription_date": moment, "expired_at": moment,
    }  # fmt: skip

    def name_of(self, item: Any) -> str:
        return _("%(plan)s of %(service)s", plan=words(item.plan), service=item.service)


class MailView(BaseView):
    """Mails that were kept because no mail server is set up. The secrets in their links are not shown."""

    route_base = "/mails"
    default_view = "list"

    @expose("/")
    @has_access
    def list(self) -> Any:
        return self.render_template(
            "mails/list.html", mails=mail.kept_mails(), waiting=mail.waiting_mails(), appbuilder=self.appbuilder
        )

    @expose("/<name>")
    @has_access
    def show(self, name: str) -> Any:
        kept = mail.read_kept(name) or abort(404)
        return self.render_template("mails/show.html", mail=kept, appbuilder=self.appbuilder)

    @expose("/kinds/")
    @has_access
    def kinds(self) -> Any:
        """List every kind of mail that Docent sends."""
        subjects = {kind: samples.sample(kind, current_user.email).subject for kind in samples.kinds()}
        return self.render_template("mails/kinds.html", subjects=subjects, appbuilder=self.appbuilder)

    @expose("/kinds/<kind>")
    @has_access
    def kind(self, kind: str) -> Any:
        message = _sample(kind)
        return self.render_template("mails/kind.html", kind=kind, mail=message, appbuilder=self.appbuilder)

    @expose("/kinds/<kind>/letter")
    @has_access
    def letter(self, kind: str) -> Any:
        """Return the HTML of a mail alone, for the frame of its page; its own styles are all that it may use."""
        return Response(_sample(kind).html, mimetype="text/html")


def _sample(kind: str) -> Message:
    if kind not in samples.kinds():
        abort(404)
    return samples.sample(kind, current_user.email)
