"""A chatbot's chat model: whose server, tried out in words, what it costs, and how much of that is allowed."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from flask import flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import BooleanField, DateField, PasswordField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app import audit
from app.answering import budgets, endpoints, own_model, prices
from app.answering.own_model import MAX_KEY_CHARS
from app.answering.prices import MILLION
from app.caller import limit_previews, standing
from app.collaborators import here
from app.languages import gettext as _
from app.languages import lazily
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from app.sealing import SealBroken
from models import Chatbot, ModelPrice, Service, db
from views.amounts import MoneyField, write_money
from views.base import Screen, table
from views.chatbot_places import find_chatbot, trail_of
from views.meanwhile import FormValues, is_overtaken, seen


class ServerForm(DynamicForm):
    """Whose server; the key is never shown again."""

    base_url = StringField(
        _l("Address"), description=_l("Of any server with OpenAI's interface, for example https://api.openai.com/v1"),
        validators=[InputRequired(), Length(max=500)], render_kw={"inputmode": "url", "autocomplete": "off"},
    )  # fmt: skip
    model = StringField(_l("Model"), validators=[InputRequired(), Length(max=120)], render_kw={"autocomplete": "off"})
    key = PasswordField(
        _l("Key"), validators=[Optional(), Length(max=MAX_KEY_CHARS)], render_kw={"autocomplete": "off"},
        description=_l("Kept encrypted and never shown again. Left empty, the one that is kept stays."),
    )  # fmt: skip


class BudgetForm(DynamicForm):
    """How much a month, and whether a chat model is asked at all."""

    is_off = BooleanField(_l("Answer with the documents' own sentences alone"))
    of_chatbot = MoneyField(_l("A month's budget of this chatbot"), _l("Empty: no limit."), required=False)
    of_service = MoneyField(
        _l("A month's budget of the whole service"), _l("All chatbots together. Empty: no limit."), required=False
    )


class ChatModelPage(BaseView):
    """Each of its forms posts to an address of its own."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/model")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._page(find_chatbot(chatbot_uuid, "chatbot.edit"))

    @expose("/<uuid:chatbot_uuid>/model", methods=["POST"])
    @has_access
    def save(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, form = find_chatbot(chatbot_uuid, "chatbot.edit"), ServerForm()
        if not form.validate_on_submit():
            return self._page(chatbot, server=form), 400
        entered = FormValues(form)
        if is_overtaken(endpoints.find_own(chatbot) or chatbot, lambda: _server_of(chatbot), entered, entered.labels):
            return self._page(chatbot, server=form)
        try:
            own = own_model.save(chatbot, form.base_url.data, form.model.data, form.key.data or "")
        except Refusal as refused:
            db.session.rollback()
            flash(str(refused), "danger")
            return self._page(chatbot, server=form), 400
        return self._done("chat_model.save", chatbot, own, _("Saved. Try the connection now."))

    @expose("/<uuid:chatbot_uuid>/model/test", methods=["POST"])
    @has_access
    def test(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        limit_previews("try of a model")
        own = endpoints.find_own(chatbot)
        try:
            endpoint = endpoints.read_own(own) if own and own.base_url else endpoints.of_installation()
        except SealBroken:
            endpoint = None
        db.session.rollback()  # no connection is held while the server takes its time
        if endpoint is None:
            flash(_("There is no chat model to try, or its key can't be opened any more: enter it again."), "warning")
        else:
            found = own_model.try_out(endpoint)
            flash(found.words, "success" if found.works else "danger")
        return redirect(url_for("ChatModelPage.show", chatbot_uuid=chatbot_uuid))

    @expose("/<uuid:chatbot_uuid>/model/forget", methods=["POST"])
    @has_access
    def forget(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        own_model.forget(chatbot)
        return self._done("chat_model.forget", chatbot, own_model.require(chatbot), _("Server and key are forgotten."))

    @expose("/<uuid:chatbot_uuid>/model/budget", methods=["POST"])
    @has_access
    def limit(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, form = find_chatbot(chatbot_uuid, "chatbot.edit"), BudgetForm()
        if not form.validate_on_submit():
            return self._page(chatbot, budget=form), 400
        entered = FormValues(form)
        if is_overtaken(endpoints.find_own(chatbot) or chatbot, lambda: _budget_of(chatbot), entered, entered.labels):
            return self._page(chatbot, budget=form)
        own = own_model.require(chatbot)
        own.is_off, own.monthly_budget = form.is_off.data, form.of_chatbot.stored
        if standing().may_with("service.buy", chatbot):
            _service_of(chatbot).model_budget = form.of_service.stored
        return self._done("chat_model.limit", chatbot, own, _("Saved."))

    def _done(self, action: str, chatbot: Chatbot, row: Any, said: str) -> Any:
        audit.record(action, row)
        db.session.commit()
        flash(said, "success")
        return redirect(url_for("ChatModelPage.show", chatbot_uuid=chatbot.uuid))

    def _page(self, chatbot: Chatbot, server: ServerForm | None = None, budget: BudgetForm | None = None) -> Any:
        own, choice = endpoints.find_own(chatbot), endpoints.choose(chatbot)
        service = _service_of(chatbot)
        return self.render_template(
            "chatbot/model.html", chatbot=chatbot, trail=trail_of(chatbot), own=own, choice=choice,
            server=server or ServerForm(formdata=None, obj=own),
            budget=budget or BudgetForm(formdata=None, data=_budget_of(chatbot)),
            seen_server=seen(_server_of(chatbot)), seen_budget=seen(_budget_of(chatbot)),
            spent=prices.in_words(budgets.spent(service.id, chatbot.id), here().config.currency),
            spent_by_all=prices.in_words(budgets.spent(service.id), here().config.currency),
            may_buy=standing().may_with("service.buy", chatbot), currency=here().config.currency,
            installed=endpoints.of_installation(), in_words=prices.in_words, appbuilder=self.appbuilder,
        )  # fmt: skip


def _server_of(chatbot: Chatbot) -> dict[str, Any]:
    own = endpoints.find_own(chatbot)
    return {"base_url": own and own.base_url, "model": own and own.model}


def _budget_of(chatbot: Chatbot) -> dict[str, Any]:
    """Return what the form shows: amounts as they are written."""
    own, service = endpoints.find_own(chatbot), _service_of(chatbot)
    amounts = {"of_chatbot": own.monthly_budget if own else None}
    amounts |= {"of_service": service.model_budget} if standing().may_with("service.buy", chatbot) else {}
    written = {name: None if amount is None else write_money(amount) for name, amount in amounts.items()}
    return {"is_off": own and own.is_off, **written}


def _service_of(chatbot: Chatbot) -> Service:
    return db.session.get_one(Service, chatbot.service_id)


def _in_currency(millionths: int) -> str:
    currency = here().config.currency
    return _("In %(currency)s, for instance %(example)s.", currency=currency, example=write_money(millionths))


_PRICE_FIELDS = {
    "model": StringField(
        _l("Model"), validators=[InputRequired(), Length(max=120)], description=_l("As its server calls it.")
    ),
    "valid_from": DateField(_l("From the day"), validators=[InputRequired()]),
    "input_price": MoneyField(_l("A million tokens read"), lazily(_in_currency, 150_000)),
    "output_price": MoneyField(_l("A million tokens written"), lazily(_in_currency, 600_000)),
}


class ModelPriceView(Screen):
    """What chat models cost. A price is copied onto each answer: a change never touches what was."""

    datamodel = table(ModelPrice)
    list_title, show_title, add_title, edit_title = (
        _l("Model prices"),
        _l("Model price"),
        _l("New price"),
        _l("Change price"),
    )
    lead = _l("A model that is not listed costs an unknown amount, and no budget can be held with it.")
    list_columns = show_columns = ["model", "valid_from", "input_price", "output_price"]
    add_columns = edit_columns = ["model", "valid_from", "input_price", "output_price"]
    search_columns = ["model"]
    label_columns = {
        "valid_from": _l("From"), "input_price": _l("Million tokens read"),
        "output_price": _l("Million tokens written"),
    }  # fmt: skip
    writers = {
        "input_price": lambda row: prices.in_words(row.input_price, here().config.currency),
        "output_price": lambda row: prices.in_words(row.output_price, here().config.currency),
    }
    file_writers = {
        "input_price": lambda row: str(Decimal(row.input_price) / MILLION),
        "output_price": lambda row: str(Decimal(row.output_price) / MILLION),
    }
    base_order = ("valid_from", "desc")
    add_form_extra_fields = edit_form_extra_fields = _PRICE_FIELDS
    picture = "plan"
    delete_question = _l("Delete price %(name)s?")
    empty_words = _l("No price is entered yet: what chat models cost is unknown.")
    delete_words = _l("Answers keep the price that they were made at.")
