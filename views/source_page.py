"""A source's own page: how far its reading is, what went wrong and what to do, and its text chunk by chunk."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.knowledge import chunks, sources
from app.knowledge.timeline import steps_of
from app.languages import gettext as _
from app.values import ROW_ID, whole_number
from jobs import queues
from models import Source, db
from views import source_acts
from views.listing import read_words
from views.source_state import describe


class SourcePage(BaseView):
    """One source. A stranger's is a 404; who only uses a workspace sees it and changes nothing."""

    route_base = "/source"
    default_view = "show"

    @expose("/<uuid:source_uuid>")
    @has_access
    def show(self, source_uuid: uuid.UUID) -> Any:
        source, words = self._find(source_uuid, "source.view"), read_words()
        return self.render_template(
            "source/show.html", appbuilder=self.appbuilder, source=source, chatbot=source.chatbot,
            state=describe(source), steps=steps_of(source) if source.website is None else [],
            words=words, same_page=_same_page(), page=chunks.look(source, words, _read_id("from")),
            may_edit=standing().may_with("source.edit", source.chatbot),
        )  # fmt: skip

    @expose("/<uuid:source_uuid>/retry", methods=["POST"])
    @has_access
    def retry(self, source_uuid: uuid.UUID) -> Any:
        source = self._find(source_uuid, "source.edit")
        source_acts.read_again(source)
        return self._read(source)

    @expose("/<uuid:source_uuid>/replace", methods=["POST"])
    @has_access
    def replace(self, source_uuid: uuid.UUID) -> Any:
        """Take new bytes; answers keep the old text until the new is published."""
        source = self._find(source_uuid, "source.edit")
        file = request.files.get("file")
        if source.kind != "file":
            abort(404)
        if file is None or not file.filename:
            flash(_("Choose a file first."), "warning")
            return redirect(self._address(source))
        sources.replace(source, file.filename, file.stream)
        audit.record("source.replace", source)
        return self._read(source)

    @expose("/<uuid:source_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, source_uuid: uuid.UUID) -> Any:
        source = self._find(source_uuid, "source.edit")
        sources.switch(source)
        audit.record("source.switch", source)
        return self._train(source)

    @expose(f"/<uuid:source_uuid>/chunks/<{ROW_ID}:chunk_id>/switch", methods=["POST"])
    @has_access
    def switch_chunk(self, source_uuid: uuid.UUID, chunk_id: int) -> Any:
        source = self._find(source_uuid, "source.edit")
        chunk = chunks.find(source, chunk_id) or abort(404)
        chunks.switch(source, chunk)
        audit.record("chunk.switch", source, chunk=chunk.position + 1, enabled=chunk.enabled)
        return self._train(source, f"{_same_page()}#chunk-{chunk.id}")

    def _find(self, source_uuid: uuid.UUID, action: str) -> Source:
        source = sources.find_by_uuid(source_uuid) or abort(404)
        if not standing().may_with(action, source.chatbot):
            abort(403)
        return source

    def _read(self, source: Source) -> Any:
        db.session.commit()
        queues.wake_ingestion(source.id)
        return redirect(self._address(source))

    def _train(self, source: Source, place: str = "") -> Any:
        db.session.commit()
        queues.wake_training(source.chatbot_id)
        return redirect(self._address(source) + place)

    def _address(self, source: Source) -> str:
        return url_for("SourcePage.show", source_uuid=source.uuid)


def _same_page() -> str:
    """Return the part of the address that says which chunks are looked at."""
    asked = {"q": read_words(), "from": _read_id("from")}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def _read_id(name: str) -> int:
    """Return the id that an address names; 0 where it names none."""
    return whole_number(request.args.get(name, "")) or 0
