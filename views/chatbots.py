"""Chatbots and the sources of all of them, as lists and forms."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.sqla.filters import FilterEqual, FilterNotEqual
from sqlalchemy import ColumnElement
from wtforms import BooleanField, Form, FormField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional

from app.caller import standing
from app.knowledge import chatbots
from app.languages import lazily
from app.languages import lazy_gettext as _l
from app.leads import forms
from app.wording import file_format, title_of, words
from models import Chatbot, Source
from models.chatbots import CHATBOT_TYPES, TRAINING_STATUSES
from models.knowledge import SOURCE_STATES
from views import departing, source_acts
from views.base import Screen, rows_where, table, workspaces_where
from views.columns import moment, size, status_badge
from views.listing import Narrowing, read_listing, read_page_number
from views.website_state import word_of

_DESCRIPTION = TextAreaField(
    _l("Description"),
    description=_l("For your team; visitors do not see it."),
    validators=[Optional(), Length(max=2000)],
)


class SentencesForm(Form):
    """What visitors read while a chatbot can't answer; empty: Docent's own sentence."""

    closed_words = StringField(_l("While it takes a break"), validators=[Optional(), Length(max=300)])
    quota_words = StringField(_l("When the month's questions are used up"), validators=[Optional(), Length(max=300)])
    hides_when_closed = BooleanField(_l("Disappear while the service does not run"))
    says_when_off = BooleanField(
        _l("Say so when it is switched off or deleted, or its website is paused; else it disappears then")
    )


class SettingsField(FormField):
    """A part of a chatbot's settings; what the form does not show stays as it is."""

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, {**(getattr(obj, name) or {}), **self.form.data})


_FIELDS = {
    "settings": SettingsField(
        SentencesForm,
        _l("What visitors read when it can't answer"),
        description=_l("Left empty, it is said in our words."),
    ),
    "description": _DESCRIPTION,
    "type": SelectField(_l("Type"), choices=[(t, lazily(words, t)) for t in CHATBOT_TYPES], default="support"),
    "status": SelectField(_l("Status"), choices=[("enabled", _l("Enabled")), ("disabled", _l("Disabled"))]),
}


class ChatbotView(Screen):
    """The chatbots of your workspaces."""

    datamodel = table(Chatbot)
    edit_action = "chatbot.edit"
    edit_template = "chatbot/settings.html"
    list_title, add_title, edit_title = _l("Chatbots"), _l("New chatbot"), _l("Change chatbot")
    list_columns = ["name", "type", "workspace", "status", "training_status", "last_trained"]
    show_columns = ["name"]
    add_columns = ["name", "description", "type", "workspace"]
    edit_columns = ["name", "description", "type", "status", "settings"]
    search_columns = ["name", "type", "status", "training_status"]
    base_filters = [["status", FilterNotEqual, "deleted"]]
    label_columns = {"training_status": _l("Knowledge"), "last_trained": _l("Last trained")}
    writers = {"status": lambda chatbot: status_badge("suspended" if chatbot.is_suspended else chatbot.status)}
    formatters_columns = {"type": words, "training_status": status_badge, "last_trained": moment}
    file_columns = [*list_columns, "created_at", "uuid"]
    filter_choices = {"status": ("enabled", "disabled"), "training_status": TRAINING_STATUSES}
    add_form_query_rel_fields = {"workspace": workspaces_where("chatbot.edit")}
    add_form_extra_fields = {"type": _FIELDS["type"], "description": _DESCRIPTION}
    edit_form_extra_fields = _FIELDS
    picture = "chatbot"
    delete_question = _l("Delete chatbot %(name)s?")
    empty_words = _l("A chatbot answers from your documents. Make the first one.")

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        return redirect(url_for("ChatbotPage.show", chatbot_uuid=self._find(pk).uuid))

    def post_add_redirect(self) -> Any:
        newest = chatbots.newest_of(standing().member_id)
        return redirect(url_for("ChatbotPage.show", chatbot_uuid=newest.uuid) if newest else self.get_redirect())

    def prepare_new(self, item: Any) -> None:
        chatbots.complete(item, owner_id=standing().member_id)
        forms.bring_along(item)

    def before_deletion(self, item: Any) -> tuple[str, Any]:
        return departing.before_chatbot(item)

    def remove(self, item: Any) -> None:
        chatbots.delete(item)
        departing.after_chatbot(item)


def _readable() -> list[int]:
    return standing().workspaces_where("source.view")


def _is_of_chatbot(word: str) -> ColumnElement[bool]:
    return Source.chatbot.has(Chatbot.uuid == uuid.UUID(word))


class SourceView(Screen):
    """Every document and page that chatbots learn from."""

    datamodel = table(Source)
    list_title = _l("Sources")
    list_columns = ["title", "chatbot", "file_format", "state", "n_chunks", "filesize", "created_at"]
    show_columns = add_columns = edit_columns = ["title"]
    search_columns = ["title", "file_format", "state"]
    base_permissions = ["can_list", "can_show"]
    base_filters = [["deleted_at", FilterEqual, None], *rows_where("source.view", "chatbot.workspace_id")]
    base_order = ("id", "desc")
    order_columns = ["title", "file_format", "state", "n_chunks", "filesize", "created_at"]
    filter_choices = {"state": SOURCE_STATES}
    narrowings = (Narrowing("chatbot", _l("Chatbot"), _is_of_chatbot, lambda: chatbots.choices(_readable())),)
    next_step = ("ChatbotView.list", _l("Open your chatbots"))
    label_columns = {
        "title": _l("Source"), "created_at": _l("Added"), "file_format": _l("Format"),
        "n_chunks": _l("Chunks"), "filesize": _l("Size"),
    }  # fmt: skip
    also_loads = ("website",)
    bulk_acts = source_acts.BULK_ACTS
    writers = {
        "title": title_of,
        "file_format": lambda source: file_format(source.file_format or "–"),
        "state": lambda source: status_badge(word_of(source)),
    }
    formatters_columns = {"filesize": size, "created_at": moment}
    file_labels, file_writers = {"filesize": _l("Size in bytes")}, {"state": word_of}
    empty_words = _l("Open a chatbot and add a document or a web page.")

    def back_to_list(self) -> str:
        """Lead back to the chatbot's own page of sources where they were ticked there."""
        chatbot = read_listing(self).chosen.get("chatbot")
        if chatbot and request.args.get("from") == "chatbot":
            return url_for("ChatbotPage.sources", chatbot_uuid=chatbot, page=read_page_number())
        return super().back_to_list()

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        source = self._find(pk)
        page = "SourcePage.show" if source.website is None else "WebsitePage.show"
        return redirect(url_for(page, source_uuid=source.uuid))
