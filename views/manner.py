"""How a chatbot behaves: its sentences, its strictness, what it tells a chat model; and back to its type's preset."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import BooleanField, IntegerRangeField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app import audit
from app.answering import instructions, presets
from app.answering.manner import (
    AUDIENCES,
    EDITABLE,
    MAX_INSTRUCTIONS_CHARS,
    MAX_SENTENCE_CHARS,
    N_SUGGESTIONS,
    STRICTNESS,
    Manner,
)
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.values import ROW_ID
from app.wording import words
from models import Chatbot, db
from views.chatbot_places import find_chatbot, trail_of
from views.meanwhile import FormValues, is_overtaken, seen

_AUDIENCE_WORDS = {"everyone": _l("Everyone on its websites"), "members": _l("Members of the workspace alone")}


def _sentence(label: str, description: str = "", *validators: Any) -> StringField:
    checks = validators or (Optional(),)
    return StringField(label, description=description, validators=[*checks, Length(max=MAX_SENTENCE_CHARS)])


class MannerForm(DynamicForm):
    """All that an owner may change of a chatbot's manner."""

    greeting = _sentence(_l("Greeting"), "", InputRequired())
    suggestions = TextAreaField(
        _l("Suggested questions"), description=_l("Up to four, one a line."), validators=[Optional(), Length(max=600)],
        render_kw={"rows": 4},
    )  # fmt: skip
    refusal = _sentence(_l("When the documents hold no answer"), "", InputRequired())
    contact = _sentence(
        _l("Where a person is reached"), _l("An e-mail, a phone number or a page; told with each refusal.")
    )
    strictness = IntegerRangeField(
        _l("How sure it must be"), validators=[NumberRange(0, 2)], render_kw={"min": 0, "max": 2, "list": "strictness"}
    )
    audience = SelectField(_l("Who may use it"), choices=[(name, _AUDIENCE_WORDS[name]) for name in AUDIENCES])
    notice = _sentence(_l("Said below every answer"), _l("For example an emergency notice."))
    thanks = _sentence(_l("When somebody thanks"), _l("Empty: in our words, in the visitor's language."))
    farewell = _sentence(_l("When somebody says goodbye"))
    who = _sentence(_l("When somebody asks who it is"))
    human = _sentence(_l("When somebody wants to talk to a person"))
    asks_back = BooleanField(_l("End an answer with a question that leads on"))
    prefers_recent = BooleanField(_l("Prefer newer documents"))
    quotes_at_length = BooleanField(_l("Quote at length below an answer"))
    tone = _sentence(_l("Tone"), _l("For a chat model."))
    instructions = TextAreaField(
        _l("Instructions"), validators=[Optional(), Length(max=MAX_INSTRUCTIONS_CHARS)], render_kw={"rows": 6},
        description=_l("For a chat model. They can't make it answer what the documents do not hold."),
    )  # fmt: skip

    def show(self, manner: Manner) -> MannerForm:
        """Fill the form with what counts now."""
        shown = {name: getattr(manner, name) for name in (*EDITABLE, "instructions")}
        shown |= {"suggestions": "\n".join(manner.suggestions), "strictness": STRICTNESS.index(manner.strictness)}
        self.process(data=shown)
        return self

    def read(self) -> dict[str, Any]:
        """Return what was entered as a chatbot's settings hold it, without the instructions."""
        entered = {name: self[name].data for name in EDITABLE}
        lines = [line.strip()[:MAX_SENTENCE_CHARS] for line in (self.suggestions.data or "").splitlines()]
        entered["suggestions"] = [line for line in lines if line][:N_SUGGESTIONS]
        entered["strictness"] = STRICTNESS[self.strictness.data]
        return {name: value.strip() if isinstance(value, str) else value for name, value in entered.items()}


class MannerPage(BaseView):
    """One form about one chatbot, and what it was told before."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/manner")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        return self._page(chatbot, MannerForm(formdata=None).show(presets.manner_of(chatbot)))

    @expose("/<uuid:chatbot_uuid>/manner", methods=["POST"])
    @has_access
    def save(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, form = find_chatbot(chatbot_uuid, "chatbot.edit"), MannerForm()
        typed = FormValues(form)
        is_late = is_overtaken(chatbot, lambda: _values_of(chatbot), typed, typed.labels)
        if is_late or not form.validate_on_submit():
            return self._page(chatbot, form), 400
        instructions.write(chatbot, form.instructions.data or "", standing().member_id)
        presets.change(chatbot, form.read())
        return self._done("chatbot.manner", chatbot, _("Saved. It counts from the next question on."))

    @expose("/<uuid:chatbot_uuid>/manner/reset", methods=["GET", "POST"])
    @has_access
    def reset(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        kind = words(chatbot.type)
        if request.method != "POST":
            return self.render_template(
                "confirm.html", question=_("Reset how %(name)s answers?", name=chatbot.name), verb=_("Reset"),
                consequence=_(
                    "All on this page becomes the preset of the type %(kind)s again. Instructions stay listed.",
                    kind=kind,
                ),
                trail=[*trail_of(chatbot), (_("Manner"), _address(chatbot))], appbuilder=self.appbuilder,
            )  # fmt: skip
        presets.reset(chatbot)
        return self._done("chatbot.reset", chatbot, _("It behaves as its type does: %(kind)s.", kind=kind))

    @expose(f"/<uuid:chatbot_uuid>/manner/instructions/<{ROW_ID}:instruction_id>", methods=["POST"])
    @has_access
    def restore(self, chatbot_uuid: uuid.UUID, instruction_id: int) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        before = instructions.find_version(chatbot, instruction_id) or abort(404)
        instructions.write(chatbot, before.text, standing().member_id)
        return self._done(
            "chatbot.instructions", chatbot, _("It follows version %(version)s again.", version=before.version)
        )

    def _done(self, action: str, chatbot: Chatbot, said: str) -> Any:
        audit.record(action, chatbot)
        db.session.commit()
        flash(said, "success")
        return redirect(_address(chatbot))

    def _page(self, chatbot: Chatbot, form: MannerForm) -> Any:
        return self.render_template(
            "chatbot/manner.html", chatbot=chatbot, form=form, trail=trail_of(chatbot), strictness=STRICTNESS,
            seen=seen(_values_of(chatbot)), versions=instructions.list_versions(chatbot),
            told=presets.manner_of(chatbot).instructions,
            appbuilder=self.appbuilder,
        )  # fmt: skip


def _values_of(chatbot: Chatbot) -> FormValues:
    return FormValues(MannerForm(formdata=None).show(presets.manner_of(chatbot)))


def _address(chatbot: Chatbot) -> str:
    return url_for("MannerPage.show", chatbot_uuid=chatbot.uuid)
