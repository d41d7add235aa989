"""Orders, for staff: what waits for its payment, and what was decided."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.filters import BaseFilter
from sqlalchemy import or_, select

from app import audit
from app.accounts.members import known_as
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.plans import orders
from app.template_filters import money
from app.values import whole_number
from app.wording import word, words
from models import Member, Order, Service
from models.base import db
from models.plans import ORDER_STATUSES
from views.base import Screen, table
from views.columns import link_to_service, moment, status_badge
from views.questions import Act, ReasonForm, ask, is_answered
from views.selected import BulkAct


class OrderFilter(BaseFilter):
    """Orders by number, service, or the buyer's name or e-mail."""

    def apply(self, query: Any, value: str) -> Any:
        buyers = select(Member.id).where(known_as(value))
        services = select(Service.id).where(Service.name.icontains(value, autoescape=True))
        number = whole_number(value) or 0
        return query.filter(or_(Order.user_id.in_(buyers), Order.service_id.in_(services), Order.id == number))


def _activate(order: Order) -> None:
    orders.activate(order, standing().member_id)
    audit.record("order.activate", order, plan=order.terms["plan"], note=order.note)


class OrderView(Screen):
    """Paid periods that were asked for; the number is what the invoice names."""

    datamodel = table(Order)
    list_title, show_title = _l("Orders"), _l("Order")
    lead = _l("Activate an order once its invoice is paid: its period begins, and the buyer is told by mail.")
    list_columns = ["id", "service", "plan", "amount", "member", "status", "created_at"]
    show_columns = [
        "service", "plan", "amount", "is_renewal", "member", "member.email", "status", "note", "created_at",
        "decided_by", "decided_at", "starts_at", "ends_at",
    ]  # fmt: skip
    add_columns = edit_columns = ["note"]
    search_columns = ["status"]
    search_filter, search_label = OrderFilter, _l("Search by number, service or buyer")
    filter_choices = {"status": ORDER_STATUSES}
    order_columns = ["id", "amount", "status", "created_at"]
    base_permissions = ["can_list", "can_show", "can_activate", "can_reject"]
    base_order = ("id", "desc")
    label_columns = {
        "id": _l("Order"), "member": _l("Buyer"), "member.email": _l("Buyer's e-mail"), "created_at": _l("Ordered"),
        "status": _l("State"), "is_renewal": _l("Renewal"), "decided_by": _l("Decided by"),
        "decided_at": _l("Decided"), "starts_at": _l("Begins"), "ends_at": _l("Ends"), "note": _l("Reason"),
    }  # fmt: skip
    writers = {
        "service": lambda order: link_to_service(order.service),
        "id": lambda order: _("Order %(id)s", id=order.id),
        "plan": lambda order: words(order.terms["plan"]),
        "amount": lambda order: money(order.amount, order.currency),
        "is_renewal": lambda order: word("yes" if order.is_renewal else "no"),
    }
    formatters_columns = {
        "status": status_badge, "created_at": moment, "decided_at": moment, "starts_at": moment, "ends_at": moment,
    }  # fmt: skip
    file_columns = [
        "id", "created_at", "service", "plan", "amount", "currency", "is_renewal", "member", "member.email", "status",
        "decided_at", "starts_at", "ends_at",
    ]  # fmt: skip
    file_writers = {"plan": lambda order: order.terms["plan"], "amount": lambda order: f"{order.amount / 100:.2f}"}
    holds_people = True
    bulk_acts = (
        BulkAct(
            "activate", _l("Activate"), "check",
            lambda n: ngettext("Activate %(num)s order?", "Activate %(num)s orders?", n),
            lambda n: ngettext("%(num)s order is activated.", "%(num)s orders are activated.", n),
            lambda _view, order, _form: _activate(order), may=lambda _view, order: order.status == "pending",
            consequence=_l("Periods begin now, or when those that are paid already end. Each buyer is told by mail."),
        ),
    )  # fmt: skip
    picture = "order"
    empty_words = _l("Nobody has ordered anything yet.")

    def name_of(self, item: Any) -> str:
        return _("Order %(id)s", id=item.id)

    def acts_on(self, item: Any) -> list[Act]:
        if item.status != "pending":
            return []
        return [
            Act(_("Reject"), "x", url_for("OrderView.reject", pk=item.id)),
            Act(_("Activate"), "check", url_for("OrderView.activate", pk=item.id), is_main=True),
        ]

    @expose("/activate/<pk>", methods=["GET", "POST"])
    @has_access
    def activate(self, pk: str) -> Any:
        order = self._find(pk)
        if not is_answered():
            consequence = _(
                "The plan %(plan)s for %(service)s begins now, or when the period that is paid already ends. "
                "The buyer is told by mail.", plan=words(order.terms["plan"]), service=order.service,
            )  # fmt: skip
            question = _("Activate order %(id)s?", id=order.id)
            return ask(
                self,
                question,
                _("Activate"),
                self.trail(order),
                picture="check",
                is_harmless=True,
                consequence=consequence,
            )
        _activate(order)
        return self._done(order, _("Order %(id)s is activated.", id=order.id))

    @expose("/reject/<pk>", methods=["GET", "POST"])
    @has_access
    def reject(self, pk: str) -> Any:
        order, form = self._find(pk), ReasonForm()
        if not is_answered(form):
            return ask(
                self, _("Reject order %(id)s?", id=order.id), _("Reject"), self.trail(order), picture="x", form=form,
                consequence=_("Nothing begins. The buyer reads the reason in a mail and on the service's page."),
            )  # fmt: skip
        orders.reject(order, standing().member_id, form.reason.data)
        audit.record("order.reject", order, plan=order.terms["plan"], note=order.note)
        return self._done(order, _("Order %(id)s is rejected.", id=order.id))

    def _done(self, order: Order, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(self.trail(order)[-1][1])
