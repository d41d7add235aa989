"""Screens of those who run the installation: plans, subscriptions, people, kept mails."""

from __future__ import annotations

from typing import Any

from flask import abort
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.models.sqla.filters import FilterNotEqual
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app import mail
from app.caller import standing
from app.template_filters import money, words
from models import Member, Plan, Subscription
from models.base import now
from models.members import PLATFORM_ROLES
from models.plans import BILLING_CYCLES
from views.base import Refused, Screen, table
from views.columns import moment, status_badge, yes_no

STATUS_CHOICES = {"enabled": "Enabled", "disabled": "Disabled"}
_PLAN_FIELDS = {
    "description": TextAreaField("Description", validators=[Optional(), Length(max=2000)]),
    "status": SelectField("Status", choices=STATUS_CHOICES),
    "billing_cycle": SelectField("Billing cycle", choices={cycle: words(cycle) for cycle in BILLING_CYCLES}),
    "price": IntegerField(
        "Price", description="In the smallest unit of the currency: 1900 is 19.00.",
        validators=[InputRequired(), NumberRange(0, 10**9)],
    ),
    "trial_period": IntegerField("Trial", description="Days", validators=[InputRequired(), NumberRange(0, 365)]),
}  # fmt: skip


def _price(plan: Plan) -> str:
    return f"{money(plan.price, plan.currency)}, {plan.billing_cycle}" if plan.price else "Free of charge"


def _trial(plan: Plan) -> str:
    return f"{plan.trial_period} days" if plan.trial_period else "None"


class PlanView(Screen):
    """What is sold. A change never touches what somebody has bought: terms are copied at purchase."""

    datamodel = table(Plan)
    list_title, show_title, add_title, edit_title = "Plans", "Plan", "New plan", "Change plan"
    list_columns = ["name", "price", "trial_period", "status"]
    show_columns = ["name", "description", "price", "trial_period", "status", "created_at"]
    add_columns = ["name", "description", "price", "currency", "billing_cycle", "trial_period", "status"]
    edit_columns = add_columns
    search_columns = ["name", "status"]
    base_filters = [["status", FilterNotEqual, "deleted"]]
    label_columns = {"trial_period": "Trial"}
    writers = {"price": _price, "trial_period": _trial}
    formatters_columns = {"name": words, "status": status_badge, "created_at": moment}
    filter_choices = {"status": ("enabled", "disabled")}
    picture, noun = "plan", "plan"
    add_form_extra_fields = _PLAN_FIELDS
    edit_form_extra_fields = _PLAN_FIELDS
    delete_words = "Services that have it keep it; nobody can buy it any more."

    def name_of(self, item: Any) -> str:
        return words(item.name)

    def remove(self, item: Any) -> None:
        item.status, item.deleted_at = "deleted", now()


class SubscriptionView(Screen):
    """Paid and trial periods."""

    datamodel = table(Subscription)
    list_title, show_title = "Subscriptions", "Subscription"
    list_columns = ["service", "plan", "member", "status", "subscription_date", "expired_at"]
    show_columns = list_columns
    add_columns = edit_columns = ["status"]
    search_columns = ["status"]
    base_permissions = ["can_list", "can_show"]
    label_columns = {"subscription_date": "Since", "expired_at": "Until", "member": "Payer"}
    filter_choices = {"status": ("active", "canceled", "expired")}
    picture, empty_words = "order", "Nobody has bought anything yet."
    formatters_columns = {
        "plan": words, "status": status_badge, "subscription_date": moment, "expired_at": moment,
    }  # fmt: skip


class MemberView(Screen):
    """People of the whole installation, for staff."""

    datamodel = table(Member)
    list_title, show_title, edit_title = "People", "Person", "Change person"
    list_columns = ["name", "email", "platform_role", "verified", "status", "last_login"]
    show_columns = ["name", "email", "platform_role", "verified", "status", "created_at", "last_login"]
    add_columns = edit_columns = ["status"]
    search_columns = ["email", "status"]
    filter_choices = {"status": ("enabled", "disabled", "deleted")}
    label_columns = {"email": "E-mail", "platform_role": "Platform role", "verified": "E-mail confirmed"}
    picture, noun = "people", "person"
    order_columns = ["email", "status", "last_login"]
    also_loads = ("roles",)  # of which `platform_role` is made
    base_permissions = ["can_list", "can_show", "can_edit"]
    formatters_columns = {
        "status": status_badge, "created_at": moment, "verified": yes_no, "last_login": moment,
    }  # fmt: skip
    edit_form_extra_fields = {"status": SelectField("Status", choices=STATUS_CHOICES)}

    def may_edit(self, item: Any) -> bool:
        """Allow staff to change those below them: nobody shuts out an equal, a superior or themselves."""
        rank = PLATFORM_ROLES.index
        me = standing()
        return item.id != me.member_id and (me.is_superadmin or rank(me.platform_role) < rank(item.platform_role))

    def prepare_change(self, item: Any) -> None:
        if item.status not in ("enabled", "disabled"):
            raise Refused("A person is enabled or disabled.")
        item.session_version += 1  # signs every device out with the next request


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
