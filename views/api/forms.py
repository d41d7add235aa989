"""The forms of chatbots: as they are designed, offered and switched; what visitors enter: views/api/history.py."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp
from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from app.languages import in_english
from app.leads import forms
from app.leads.designs import KINDS, MAX_CHOICES, MAX_FIELDS, MAX_HELP, MAX_LABEL, read_questions
from app.leads.forms import Design
from models import Chatbot, Form
from views.api.fields import ChatbotQuery, Row, Text
from views.api.operation import Page, operation
from views.api.resource import Resource, find_chatbot, keep
from views.base import table

STATUSES = ("active", "inactive")


class FormField(Schema):
    """One field of a form."""

    name = Text(16, metadata={"description": in_english("Ours; sent back, it stays when the label changes")})
    kind = fields.String(required=True, validate=OneOf(list(KINDS)))
    label = Text(
        MAX_HELP,
        required=True,
        metadata={
            "description": in_english("%(most)s characters, of a consent %(more)s", most=MAX_LABEL, more=MAX_HELP)
        },
    )
    required = fields.Boolean(load_default=False)
    choices = fields.List(
        fields.String(validate=Regexp(rf"[^,\0\ud800-\udfff]{{1,{MAX_LABEL}}}\Z")), load_default=list,
        validate=Length(max=MAX_CHOICES), metadata={"description": in_english("Of a choice; without commas")},
    )  # fmt: skip


class FormAnswer(Row):
    """A form."""

    chatbot = fields.UUID(attribute="chatbot.uuid")
    name = fields.String()
    intro = fields.String()
    thanks = fields.String()
    button = fields.String(metadata={"description": in_english("What its button says; empty: no button offers it")})
    after_refusal = fields.Boolean(
        metadata={"description": in_english("Offered after a question that could not be answered")}
    )
    words = fields.List(
        fields.String(), metadata={"description": in_english("Words of visitors after which it is offered")}
    )
    fields_ = fields.Function(
        lambda form: [field for field in form.fields if isinstance(field, dict)], data_key="fields",
        metadata={"type": "array", "items": {"type": "object"}, "description": in_english("As they are sent")},
    )  # fmt: skip
    status = fields.String(metadata={"enum": STATUSES})


class FormChange(Schema):
    """What of a form is changed; the rest stays. `fields` are all of them, in their order."""

    name = Text(forms.LIMITS["name"])
    intro = Text(forms.LIMITS["intro"], empty=True)
    thanks = Text(forms.LIMITS["thanks"], empty=True)
    button = Text(forms.LIMITS["button"], empty=True)
    after_refusal = fields.Boolean()
    words = fields.List(Text(40), validate=Length(max=forms.MAX_WORDS))
    fields_ = fields.List(fields.Nested(FormField), data_key="fields", validate=Length(min=1, max=MAX_FIELDS))
    status = fields.String(validate=OneOf(STATUSES))


class FormBody(FormChange):
    """A new form; what is left out is as in the form that chatbots of this type bring along."""

    chatbot = fields.UUID(required=True)


class FormsApi(Resource):
    """Forms."""

    datamodel = table(Form)
    resource_name, openapi_spec_tag = "forms", in_english("Forms")
    view_action = "look.view"
    loads = (joinedload(Form.chatbot),)

    def rows(self) -> Select[Any]:
        return super().rows().where(Form.status != "deleted", Form.chatbot.has(Chatbot.status != "deleted"))

    @operation("", "GET", "List forms", query=ChatbotQuery, answer=FormAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:form_uuid>", "GET", "Show a form", answer=FormAnswer)
    def read(self, form_uuid: uuid.UUID) -> Any:
        return self.find(form_uuid)

    @operation("", "POST", "Add a form", body=FormBody, answer=FormAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        form = forms.add_preset(find_chatbot(body.pop("chatbot"), "chatbot.edit"))
        _change(form, body)
        return keep("form.add", form)

    @operation("/<uuid:form_uuid>", "PATCH", "Change a form", body=FormChange, answer=FormAnswer)
    def change(self, form_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        form = self.find(form_uuid, "chatbot.edit")
        _change(form, body)
        return keep("form.edit", form)

    @operation("/<uuid:form_uuid>", "DELETE", "Delete a form; what was entered stays", status=204)
    def remove(self, form_uuid: uuid.UUID) -> None:
        form = self.find(form_uuid, "chatbot.edit")
        form.status = "deleted"
        keep("form.delete", form)


def _change(form: Form, body: dict[str, Any]) -> None:
    """Take over what was sent, checked as the screen checks it."""
    form.status = body.pop("status", form.status)
    rows = body.get("fields_", form.fields)
    words = body.get("words", [word for word in form.words if isinstance(word, str)])
    design = Design(
        forms.read_texts({name: body.get(name, getattr(form, name)) for name in forms.LIMITS}),
        forms.read_words(",".join(words)), body.get("after_refusal", form.after_refusal), list(form.notify),
        read_questions([{**row, "choices": ",".join(row.get("choices", ()))} for row in rows if isinstance(row, dict)]),
    )  # fmt: skip
    forms.change(form, design)
