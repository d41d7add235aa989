"""The questions that owners answer themselves: listed with how often each was asked, written, imported, removed."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.knowledge import pair_files, pairs
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, CuratedAnswer, Source, db
from views.chatbot_places import find_chatbot
from views.listing import Listing, read_page_number, read_words
from views.meanwhile import is_overtaken, seen
from views.questions import ask

_LABELS = {"question": _l("Question"), "answer": _l("Answer"), "wordings": _l("Also asked as")}


class AnswersPage(BaseView):
    """A chatbot's questions with answers. A stranger's are a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>/answers")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._page(find_chatbot(chatbot_uuid, "source.view"), {})

    @expose("/<uuid:chatbot_uuid>/answers", methods=["POST"])
    @has_access
    def write(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, typed = find_chatbot(chatbot_uuid, "source.edit"), _typed()
        try:
            source, (row,) = pairs.add(chatbot, [pairs.make_pair(**typed)])
        except Refusal as refusal:
            db.session.rollback()
            flash(str(refusal), "danger")
            return self._page(chatbot, typed), 400
        return _keep("answer.write", row, source, chatbot)

    @expose("/<uuid:chatbot_uuid>/answers/import", methods=["POST"])
    @has_access
    def take_file(self, chatbot_uuid: uuid.UUID) -> Any:
        """Take the rows of a CSV file that can be taken, and say what is wrong with the others."""
        chatbot, file = find_chatbot(chatbot_uuid, "source.edit"), request.files.get("file")
        if file is None or not file.filename:
            raise SourceError(_("Choose a CSV file first."))
        raw = file.stream.read(pair_files.MAX_BYTES + 1)
        if len(raw) > pair_files.MAX_BYTES:
            raise SourceError(_("The file is larger than 5 MB. Split it."))
        reading = pair_files.read(raw)
        if reading.pairs:
            source, rows = pairs.add(chatbot, reading.pairs)
            flash(ngettext("%(num)s question taken.", "%(num)s questions taken.", len(rows)), "success")
            _keep("answer.import", source, source, chatbot)
        if reading.complaints:
            return self._page(chatbot, {}, reading), 200 if reading.pairs else 400
        return redirect(_address(chatbot))

    @expose("/<uuid:chatbot_uuid>/answers/<uuid:curated_answer_uuid>", methods=["GET", "POST"])
    @has_access
    def rewrite(self, chatbot_uuid: uuid.UUID, curated_answer_uuid: uuid.UUID) -> Any:
        chatbot, row = _find_pair(chatbot_uuid, curated_answer_uuid)
        typed, status = _values_of(row), 200
        if request.method == "POST":
            typed, status = _typed(), 400
            if not is_overtaken(row, lambda: _values_of(row), typed, _LABELS):
                try:
                    pairs.rewrite(row, pairs.make_pair(**typed))
                    return _keep("answer.rewrite", row, row.source, chatbot)
                except Refusal as refusal:
                    db.session.rollback()
                    flash(str(refusal), "danger")
        words = {"chatbot": chatbot, "row": row, "typed": typed, "limits": pairs, "seen": seen(_values_of(row))}
        return self.render_template("pairs/form.html", appbuilder=self.appbuilder, **words), status

    @expose("/<uuid:chatbot_uuid>/answers/<uuid:curated_answer_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def remove(self, chatbot_uuid: uuid.UUID, curated_answer_uuid: uuid.UUID) -> Any:
        chatbot, row = _find_pair(chatbot_uuid, curated_answer_uuid)
        if request.method != "POST":
            trail = [(_("Chatbots"), url_for("ChatbotView.list")), (chatbot.name, _address(chatbot))]
            consequence = _("Its answer is no longer given to anybody.")
            return ask(
                self, _("Delete “%(question)s”?", question=row.question), _("Delete"), trail, consequence=consequence
            )
        source = row.source
        pairs.remove(row)
        audit.record("answer.delete", row)
        db.session.commit()
        queues.wake_ingestion(source.id)
        queues.wake_training(source.chatbot_id)
        return redirect(_address(chatbot))

    def _page(self, chatbot: Chatbot, typed: dict[str, Any], reading: pair_files.Reading | None = None) -> Any:
        listing = Listing(_("Search them"), read_words(), page=read_page_number(), page_size=pairs.PAGE_SIZE)
        rows, n_rows = pairs.look(chatbot, listing.words, listing.page)
        return self.render_template(
            "pairs/list.html", appbuilder=self.appbuilder, chatbot=chatbot, rows=rows, n_rows=n_rows, listing=listing,
            typed=typed, reading=reading, limits=pairs,
            may_edit=standing().may_with("source.edit", chatbot),
        )  # fmt: skip


def _find_pair(chatbot_uuid: uuid.UUID, pair_uuid: uuid.UUID) -> tuple[Chatbot, CuratedAnswer]:
    chatbot = find_chatbot(chatbot_uuid, "source.edit")
    return chatbot, pairs.find(chatbot, pair_uuid) or abort(404)


def _values_of(row: CuratedAnswer) -> dict[str, Any]:
    return {"question": row.question, "answer": row.answer, "wordings": list(map(str, row.wordings))}


def _typed() -> dict[str, Any]:
    typed = {name: request.form.get(name, "") for name in ("question", "answer")}
    return {**typed, "wordings": request.form.get("wordings", "").splitlines()}


def _keep(action: str, changed: CuratedAnswer | Source, source: Source, chatbot: Chatbot) -> Any:
    audit.record(action, changed)
    db.session.commit()
    queues.wake_ingestion(source.id)
    return redirect(_address(chatbot))


def _address(chatbot: Chatbot) -> str:
    return url_for("AnswersPage.show", chatbot_uuid=chatbot.uuid)
