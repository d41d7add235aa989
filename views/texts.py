"""Texts that owners type in: one form to write them, and the same to change them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.knowledge import chatbots, sources, texts
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, Source, db
from views.meanwhile import is_overtaken, seen

_LABELS = {"title": _l("Title"), "text": _l("Text")}


class TextPage(BaseView):
    """One typed text. A stranger's is a 404."""

    route_base = "/text"
    default_view = "write"

    @expose("/of/<uuid:chatbot_uuid>", methods=["GET", "POST"])
    @has_access
    def write(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot: Chatbot = chatbots.find(chatbot_uuid) or abort(404)
        _ask_for(chatbot)
        typed = _typed()
        if request.method == "POST":
            try:
                return self._read("source.add", texts.add(chatbot, **typed))
            except Refusal as refusal:
                db.session.rollback()
                flash(str(refusal), "danger")
        return self._page(chatbot, typed)

    @expose("/<uuid:source_uuid>", methods=["GET", "POST"])
    @has_access
    def rewrite(self, source_uuid: uuid.UUID) -> Any:
        source = sources.find_by_uuid(source_uuid) or abort(404)
        _ask_for(source.chatbot)
        if source.kind != "text":
            abort(404)
        if request.method != "POST":
            return self._page(source.chatbot, _values_of(source), source)
        typed = _typed()
        if not is_overtaken(source, lambda: _values_of(source), typed, _LABELS):
            try:
                texts.rewrite(source, **typed)
                return self._read("source.rewrite", source)
            except Refusal as refusal:
                db.session.rollback()
                flash(str(refusal), "danger")
        return self._page(source.chatbot, typed, source)

    def _read(self, action: str, source: Source) -> Any:
        audit.record(action, source)
        db.session.commit()
        queues.wake_ingestion(source.id)
        return redirect(url_for("SourcePage.show", source_uuid=source.uuid))

    def _page(self, chatbot: Chatbot, typed: dict[str, str], source: Source | None = None) -> Any:
        status = 400 if request.method == "POST" else 200
        return self.render_template(
            "texts/form.html", appbuilder=self.appbuilder, chatbot=chatbot, source=source, typed=typed,
            seen=seen(_values_of(source)) if source else "", max_title=texts.MAX_TITLE, max_text=texts.MAX_TEXT,
        ), status  # fmt: skip


def _values_of(source: Source) -> dict[str, str]:
    return {"title": source.title, "text": texts.read(source)}


def _ask_for(chatbot: Chatbot) -> None:
    if not standing().may_with("source.edit", chatbot):
        abort(403)


def _typed() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("title", "text")}
