"""Plans, for staff: what is sold, with its limits as a form."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.sqla.filters import FilterNotEqual
from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp

from app.languages import amount_of, lazily, ngettext, retold
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.plans.features import FEATURES, in_words
from app.template_filters import money
from app.wording import word, words
from models import Plan
from models.base import now
from models.plans import BILLING_CYCLES
from views.amounts import PriceField
from views.base import Screen, table
from views.columns import moment, status_badge
from views.limits import LimitsField

_NAME = Regexp(r"[a-z0-9][a-z0-9-]*\Z", message=_l("Use small letters, digits and hyphens."))
_CURRENCY = Regexp(r"[A-Z]{3}\Z", message=_l("Use the three letters of ISO 4217, for instance EUR."))
_FIELDS = {
    "description": TextAreaField(_l("Description"), validators=[Optional(), Length(max=2000)]),
    "status": SelectField(_l("Status"), choices=[("enabled", _l("Enabled")), ("disabled", _l("Disabled"))]),
    "billing_cycle": SelectField(
        _l("Billing cycle"), choices=[(cycle, lazily(words, cycle)) for cycle in BILLING_CYCLES]
    ),
    "currency": StringField(_l("Currency"), default="EUR", validators=[InputRequired(), _CURRENCY]),
    "price": PriceField(_l("Price"), description=_l("In this currency; 0: free of charge.")),
    "trial_period": IntegerField(
        _l("Trial"), description=_l("Days; 0 for none."), default=0, validators=[InputRequired(), NumberRange(0, 365)]
    ),
    "features": LimitsField(),
}  # fmt: skip
_ADD_FIELDS = {
    **_FIELDS,
    "name": StringField(
        _l("Name"), description=_l("Stays for good: orders and the command line call the plan by it."),
        validators=[InputRequired(), Length(max=64), _NAME],
    ),
}  # fmt: skip


def _price(plan: Plan) -> str:
    return f"{money(plan.price, plan.currency)}, {word(plan.billing_cycle)}" if plan.price else _("Free of charge")


def _trial(plan: Plan) -> str:
    return ngettext("One day", "%(num)s days", plan.trial_period) if plan.trial_period else _("None")


def _limits(plan: Plan) -> str:
    held = plan.features or {}
    return "; ".join(f"{f.label}: {in_words(f.name, held.get(f.name, f.default))}" for f in FEATURES)


class PlanView(Screen):
    """What is sold. A change never touches what somebody has bought: terms are copied at purchase."""

    datamodel = table(Plan)
    list_title, show_title, add_title, edit_title = _l("Plans"), _l("Plan"), _l("New plan"), _l("Change plan")
    lead = _l("A change counts for what is bought from now on; services keep what they have bought.")
    list_columns = ["name", "price", "trial_period", "status"]
    show_columns = ["name", "description", "price", "trial_period", "features", "status", "created_at"]
    edit_columns = ["description", "currency", "price", "billing_cycle", "trial_period", "status", "features"]
    add_columns = ["name", *edit_columns]
    search_columns = ["name", "status"]
    base_filters = [["status", FilterNotEqual, "deleted"]]
    label_columns = {"price": _l("Price"), "trial_period": _l("Trial"), "features": _l("Limits")}
    writers = {
        "description": lambda plan: retold(plan.description or "–"),
        "price": _price,
        "trial_period": _trial,
        "features": _limits,
    }
    formatters_columns = {"name": words, "status": status_badge, "created_at": moment}
    file_columns = ["name", "price", "currency", "billing_cycle", "trial_period", "status"]
    file_labels = {"trial_period": _l("Trial in days")}
    file_writers = {"price": lambda plan: f"{amount_of(plan.price, plan.currency):f}"}
    filter_choices = {"status": ("enabled", "disabled")}
    picture = "plan"
    delete_question = _l("Delete plan %(name)s?")
    add_form_extra_fields = _ADD_FIELDS
    edit_form_extra_fields = _FIELDS
    delete_words = _l("Services that have it keep it; nobody can buy it any more.")

    def name_of(self, item: Any) -> str:
        return words(item.name)

    def remove(self, item: Any) -> None:
        """Take a plan off the market: its row stays, for those who bought it."""
        item.status, item.deleted_at = "deleted", now()
