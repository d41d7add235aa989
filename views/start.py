"""The first page of somebody without a chatbot: a document is dropped, and all else is made of it."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit, workplace
from app.caller import standing
from app.collaborators import here
from app.domains import sample
from app.knowledge import beginning, sources
from app.languages import gettext as _
from app.leads import forms
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, Source, db

EDIT = "chatbot.edit"


class StartPage(BaseView):
    """Making a chatbot from a document or a page, without a form."""

    route_base = "/start"
    default_view = "begin"

    @expose("/", methods=["GET", "POST"])
    @has_access
    def begin(self) -> Any:
        if not places():
            abort(403)
        if request.method == "POST":
            chatbot, added = _begin()
            for row, action in ((chatbot, "chatbots.add"), *((source, "source.add") for source in added)):
                audit.record(action, row)
            db.session.commit()
            queues.wake_ingestion(*(source.id for source in added if sources.is_moving(source)))
            return redirect(url_for("WorkbenchPage.show", chatbot_uuid=chatbot.uuid))
        return self.render_template("home/start.html", appbuilder=self.appbuilder, **ways())


def places() -> list[int]:
    """Return where somebody's first chatbot may be made: in the workspace that is shown, else in those they are in.

    Who runs the installation may write everywhere: what they drop is not put into a customer's workspace.
    """
    shown = workplace.chosen()
    own = [shown.id] if shown else standing().roles
    return [place for place in own if standing().may(EDIT, place)]


def ways() -> dict[str, Any]:
    """Return what the page of a first document is drawn with."""
    return {"max_bytes": here().config.max_upload_bytes, "sample": sample.find()}


def _begin() -> tuple[Chatbot, list[Source]]:
    files = [file for file in request.files.getlist("files") if file.filename]
    address = _read_address()
    if not files and not address:
        raise Refusal(_("Choose a document or enter the address of a page first."))
    name = beginning.name_of_file(files[0].filename or "") if files else beginning.name_of_page(address)
    chatbot = beginning.make_chatbot(name, places(), standing().member_id)
    forms.bring_along(chatbot)
    added = sources.add_files(chatbot, [(file.filename or "", file.stream) for file in files])
    return chatbot, [*added, *([sources.add_url(chatbot, address)] if address else [])]


def _read_address() -> str:
    """Return the page that was typed; nobody types https:// before a name."""
    typed = request.form.get("url", "").strip()
    return typed if "://" in typed or not typed else f"https://{typed}"
