"""The forms of a chatbot, and how each is designed."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.languages import gettext as _
from app.leads import forms, submissions
from app.leads.designs import KINDS, MAX_FIELDS, DesignRefused, questions_of, read_questions
from app.leads.forms import Design
from app.leads.presets import preset_of
from models import Chatbot, Form, db
from views.chatbot_places import find_chatbot
from views.meanwhile import is_overtaken, seen

SPARE_ROWS = 2  # empty ones below the fields that there are
_TEXTS = ("name", "intro", "thanks", "button")
_ROW = ("name", "label", "kind", "choices", "position")


class FormPage(BaseView):
    """Forms of one chatbot. A stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "forms"

    @expose("/<uuid:chatbot_uuid>/forms")
    @has_access
    def forms(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "look.view")
        return self._page(
            "forms", chatbot, forms=forms.list_forms(chatbot), preset=preset_of(chatbot.type),
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/forms", methods=["POST"])
    @has_access
    def add(self, chatbot_uuid: uuid.UUID) -> Any:
        form = forms.add_preset(find_chatbot(chatbot_uuid, "chatbot.edit"))
        self._keep("form.add", form)
        return redirect(url_for("FormPage.edit", chatbot_uuid=chatbot_uuid, form_uuid=form.uuid))

    @expose("/<uuid:chatbot_uuid>/forms/<uuid:form_uuid>")
    @has_access
    def edit(self, chatbot_uuid: uuid.UUID, form_uuid: uuid.UUID) -> Any:
        chatbot, form = self._find_form(chatbot_uuid, form_uuid, "look.view")
        present = _values_of(form)
        return self._editor(chatbot, form, present, present["fields"], present["notify"])

    @expose("/<uuid:chatbot_uuid>/forms/<uuid:form_uuid>", methods=["POST"])
    @has_access
    def save(self, chatbot_uuid: uuid.UUID, form_uuid: uuid.UUID) -> Any:
        """Keep a design; what was typed stays on the page when it is refused."""
        chatbot, form = self._find_form(chatbot_uuid, form_uuid)
        rows, wished = _read_rows(), request.form.getlist("notify")
        notify = [member.id for member in submissions.people_of(chatbot) if str(member.id) in wished]
        try:
            design = Design(
                forms.read_texts(request.form), forms.read_words(request.form.get("words", "")),
                bool(request.form.get("after_refusal")), notify, read_questions(rows),
            )  # fmt: skip
        except DesignRefused as refused:
            flash(str(refused), "danger")
            return self._editor(chatbot, form, request.form.to_dict(), rows, notify), 400
        typed = _values_of(design)
        if is_overtaken(form, lambda: _values_of(form), typed, _labels()):
            return self._editor(chatbot, form, typed, typed["fields"], typed["notify"])
        forms.change(form, design)
        self._keep("form.edit", form, _("Saved. Pages show it within a minute."))
        return redirect(url_for("FormPage.edit", chatbot_uuid=chatbot_uuid, form_uuid=form_uuid))

    @expose("/<uuid:chatbot_uuid>/forms/<uuid:form_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, chatbot_uuid: uuid.UUID, form_uuid: uuid.UUID) -> Any:
        form = self._find_form(chatbot_uuid, form_uuid)[1]
        form.status = "inactive" if form.status == "active" else "active"
        return self._done(chatbot_uuid, "form.switch", form)

    @expose("/<uuid:chatbot_uuid>/forms/<uuid:form_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete(self, chatbot_uuid: uuid.UUID, form_uuid: uuid.UUID) -> Any:
        form = self._find_form(chatbot_uuid, form_uuid)[1]
        if request.method != "POST":
            return self._ask(
                chatbot_uuid,
                _("Delete the form %(name)s?", name=form.name),
                _("It is offered no more. What was entered stays."),
            )
        form.status = "deleted"
        return self._done(chatbot_uuid, "form.delete", form)

    def _find_form(
        self, chatbot_uuid: uuid.UUID, form_uuid: uuid.UUID, action: str = "chatbot.edit"
    ) -> tuple[Chatbot, Form]:
        chatbot = find_chatbot(chatbot_uuid, action)
        return chatbot, forms.find(chatbot, form_uuid) or abort(404)

    def _keep(self, action: str, row: Any, said: str = "") -> None:
        audit.record(action, row)
        db.session.commit()
        if said:
            flash(said, "success")

    def _done(self, chatbot_uuid: uuid.UUID, action: str, row: Any) -> Any:
        self._keep(action, row)
        return redirect(self._address(chatbot_uuid))

    def _address(self, chatbot_uuid: uuid.UUID) -> str:
        return url_for("FormPage.forms", chatbot_uuid=chatbot_uuid)

    def _ask(self, chatbot_uuid: uuid.UUID, question: str, consequence: str) -> Any:
        return self.render_template(
            "confirm.html", question=question, consequence=consequence, verb=_("Delete"), appbuilder=self.appbuilder,
            trail=[(_("Forms"), self._address(chatbot_uuid))],
        )  # fmt: skip

    def _editor(
        self, chatbot: Chatbot, form: Form, typed: dict[str, Any], rows: list[dict[str, Any]], notify: list[int]
    ) -> Any:
        empty = [{"kind": "text"}] * min(SPARE_ROWS, max(0, MAX_FIELDS - len(rows)))
        return self._page(
            "edit", chatbot, form=form, typed=typed, rows=[*rows, *empty], notify=notify,
            seen=seen(_values_of(form)),
            kinds={kind: label for kind, (label, _) in KINDS.items()}, people=submissions.people_of(chatbot),
        )  # fmt: skip

    def _page(self, name: str, chatbot: Chatbot, **values: Any) -> Any:
        values |= {"may_edit": _may_edit(chatbot), "appbuilder": self.appbuilder}
        return self.render_template(f"leads/{name}.html", chatbot=chatbot, **values)


def _values_of(design: Form | Design) -> dict[str, Any]:
    """Return what the editor shows of a form as it is kept, or as somebody wants it."""
    if isinstance(design, Form):
        texts, questions = {name: getattr(design, name) for name in _TEXTS}, questions_of(design.fields)
    else:
        texts, questions = design.texts, design.questions
    return {
        **texts, "words": ", ".join(map(str, design.words)), "after_refusal": design.after_refusal,
        "notify": sorted(design.notify),
        "fields": [{**each.to_json(), "choices": ", ".join(each.choices)} for each in questions],
    }  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        "name": _("Name"), "button": _("Button"), "intro": _("Above the fields"), "thanks": _("Once it is sent"),
        "words": _("When a visitor says one of these words"),
        "after_refusal": _("After an answer that the documents did not give"),
        "notify": _("Who is told"), "fields": _("Fields"),
    }  # fmt: skip


def _may_edit(chatbot: Chatbot) -> bool:
    return standing().may_with("chatbot.edit", chatbot)


def _read_rows() -> list[dict[str, Any]]:
    """Return the rows of the posted design; a box that is ticked names the number of its row."""
    columns = [request.form.getlist(f"field_{name}") for name in _ROW]
    required, gone = set(request.form.getlist("required")), set(request.form.getlist("gone"))
    return [
        {**dict(zip(_ROW, row, strict=True)), "required": str(n) in required, "gone": str(n) in gone}
        for n, row in enumerate(zip(*columns, strict=False))
    ]
