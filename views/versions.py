"""A chatbot's kept versions and its golden questions: what changed, going back, and what must not get worse."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.answering import golden
from app.caller import standing
from app.knowledge import hints, holds, versions
from app.languages import gettext as _
from app.languages import ngettext
from jobs import queues
from models import Chatbot, db
from views.chatbot_places import find_chatbot

MAX_CSV_BYTES = 1_000_000


class VersionsPage(BaseView):
    """The generations that are kept. Everybody of the workspace sees them; who edits sources goes back."""

    route_base = "/versions"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.view")
        kept = versions.list_versions(chatbot)
        return self.render_template(
            "chatbot/versions.html", appbuilder=self.appbuilder, chatbot=chatbot, versions=kept,
            names=versions.names_of(kept), may_edit=standing().may_with("source.edit", chatbot),
            tells_engine=standing().is_superadmin,
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/<uuid:generation_uuid>/restore", methods=["POST"])
    @has_access
    def restore(self, chatbot_uuid: uuid.UUID, generation_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        generation = versions.find(chatbot, generation_uuid) or abort(404)
        number = generation.number
        versions.go_back(chatbot, generation)
        audit.record("chatbot.rollback", chatbot, version=number)
        db.session.commit()
        hints.give(chatbot.id, generation_uuid)
        flash(_("Version %(number)s answers again. What is new waits until you train it.", number=number), "success")
        return redirect(url_for("VersionsPage.show", chatbot_uuid=chatbot.uuid))

    @expose("/<uuid:chatbot_uuid>/publish", methods=["POST"])
    @has_access
    def publish(self, chatbot_uuid: uuid.UUID) -> Any:
        """Publish what was held back, though a golden question got worse."""
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        holds.train(chatbot, accepts_worse=True)
        audit.record("chatbot.publish_worse", chatbot)
        db.session.commit()
        queues.wake_training(chatbot.id)
        flash(_("It is published within seconds. The present answers stay until then."), "success")
        return redirect(url_for("VersionsPage.show", chatbot_uuid=chatbot.uuid))


class GoldenPage(BaseView):
    """Golden questions: asked of each new version before it answers anybody."""

    route_base = "/golden"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.view")
        kept = versions.list_versions(chatbot)
        current = next((row for row in kept if row.id == chatbot.generation_id), None)
        return self.render_template(
            "chatbot/golden.html", appbuilder=self.appbuilder, chatbot=chatbot, current=current,
            questions=golden.list_questions(chatbot), results=_by_id(current.golden if current else []),
            held=_by_id(chatbot.held_golden), may_edit=standing().may_with("source.edit", chatbot),
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/add", methods=["POST"])
    @has_access
    def add(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot, file = find_chatbot(chatbot_uuid, "source.edit"), request.files.get("file")
        if file is not None and file.filename:
            raw = file.stream.read(MAX_CSV_BYTES + 1)
            if len(raw) > MAX_CSV_BYTES:
                raise golden.GoldenError(_("The file is larger than 1 MB. Split it."))
            added = golden.add_csv(chatbot, raw)
        else:
            typed = [request.form.get(name, "") for name in ("question", "document", "words")]
            added = [golden.add(chatbot, *typed)]
        for row in added:
            audit.record("golden.add", row)
        said = ngettext(
            "%(num)s question kept, and asked of the next version before it is published.",
            "%(num)s questions kept, and asked of the next version before it is published.", len(added),
        )  # fmt: skip
        return self._done(chatbot, said)

    @expose("/<uuid:chatbot_uuid>/<uuid:golden_question_uuid>/delete", methods=["POST"])
    @has_access
    def delete(self, chatbot_uuid: uuid.UUID, golden_question_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        question = golden.find(chatbot, golden_question_uuid) or abort(404)
        db.session.delete(question)
        audit.record("golden.delete", question)
        return self._done(chatbot, _("Deleted."))

    @expose("/<uuid:chatbot_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        chatbot.holds_worse = not chatbot.holds_worse
        audit.record("golden.switch", chatbot)
        held = _("A version that makes a golden question worse waits for your yes from now on.")
        published = _("New versions are published from now on, also when a golden question gets worse.")
        return self._done(chatbot, held if chatbot.holds_worse else published)

    def _done(self, chatbot: Chatbot, words: str) -> Any:
        db.session.commit()
        flash(words, "success")
        return redirect(url_for("GoldenPage.show", chatbot_uuid=chatbot.uuid))


def _by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in versions.rows_of(rows)}
