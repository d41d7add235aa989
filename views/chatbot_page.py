"""One chatbot's own pages: its sources with live states, the preview, and its embed code."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.collaborators import here
from app.domains import embeds, hosts
from app.history import overview
from app.knowledge import chatbots, holds, sources
from app.knowledge.crawling import websites
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, Source, db
from views.chatbot_state import describe
from views.listing import read_page_number


class ChatbotPage(BaseView):
    """Everything about one chatbot. Each address begins with its uuid; a stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "chatbot.view")
        return self._page(
            "chatbot/show.html", chatbot,
            **_page_of_sources(chatbot), embeds=embeds.list_embeds(chatbot),
            domains=hosts.unused_domains(chatbot), address=here().config.address,
            max_bytes=here().config.max_upload_bytes,
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/sources")
    @has_access
    def sources(self, chatbot_uuid: uuid.UUID) -> Any:
        """Return state and sources alone; the page asks for them again while something is moving."""
        return self._part(self._find(chatbot_uuid, "source.view"))

    @expose("/<uuid:chatbot_uuid>/sources", methods=["POST"])
    @has_access
    def add_source(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "source.edit")
        files = [file for file in request.files.getlist("files") if file.filename]
        try:
            added = sources.add_files(chatbot, [(file.filename or "", file.stream) for file in files])
            added += _add_address(chatbot)
        except Refusal as refusal:
            if not _is_from_script():
                raise
            db.session.rollback()
            return str(refusal), 422, {"Content-Type": "text/plain; charset=utf-8"}
        self._keep("source.add", added)
        if _is_from_script():
            return self._part(chatbot)
        if request.form.get("extent") == "website" and added:
            return redirect(url_for("WebsitePage.show", source_uuid=added[-1].uuid))
        words = sources.describe_added(added)
        flash(words or "Choose a file or enter an address first.", "success" if words else "warning")
        return redirect(self._address(chatbot))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/retry", methods=["POST"])
    @has_access
    def retry_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot, source = self._find_source(chatbot_uuid, source_uuid)
        (sources.queue_again if source.website is None else websites.refresh_idle)(source)
        self._keep("source.retry", [source])
        return redirect(self._address(chatbot))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot, source = self._find_source(chatbot_uuid, source_uuid)
        if request.method != "POST":
            return self._page(
                "confirm.html", chatbot, question=f"Delete {source.title}?", verb="Delete",
                consequence="Its text is no longer used for answers. Chats that cited it stay readable.",
                trail=[("Chatbots", url_for("ChatbotView.list")), (chatbot.name, self._address(chatbot))],
            )  # fmt: skip
        sources.delete(source)
        audit.record("source.delete", source)
        db.session.commit()
        queues.wake_training(chatbot.id)
        flash(f"Deleted: {source.title}. Its text is no longer used.", "success")
        return redirect(self._address(chatbot))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/file")
    @has_access
    def download_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "source.view")
        source = sources.find(chatbot, source_uuid) or abort(404)
        if source.kind != "file":
            abort(404)
        return send_file(
            sources.open_file(source),
            mimetype="application/octet-stream",
            as_attachment=True,
            download_name=source.title,
        )

    @expose("/<uuid:chatbot_uuid>/train", methods=["POST"])
    @has_access
    def train(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "source.edit")
        holds.train(chatbot)
        audit.record("chatbot.train", chatbot)
        db.session.commit()
        queues.wake_training(chatbot.id)
        flash("A new training has begun. The present answers stay until it is done.", "success")
        return redirect(self._address(chatbot))

    @expose("/<uuid:chatbot_uuid>/embeds", methods=["POST"])
    @has_access
    def add_embed(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "chatbot.edit")
        domain = hosts.find_domain(chatbot, request.form.get("domain", "")) or abort(404)
        audit.record("embed.add", embeds.add(chatbot, domain))
        db.session.commit()
        return redirect(self._address(chatbot) + "#embed")

    @expose("/<uuid:chatbot_uuid>/embeds/<uuid:embed_uuid>/switch", methods=["POST"])
    @has_access
    def switch_embed(self, chatbot_uuid: uuid.UUID, embed_uuid: uuid.UUID) -> Any:
        chatbot = self._find(chatbot_uuid, "chatbot.edit")
        embed = embeds.find(chatbot, embed_uuid) or abort(404)
        embed.status = "inactive" if embed.status == "active" else "active"
        audit.record("embed.switch", embed)
        db.session.commit()
        return redirect(self._address(chatbot) + "#embed")

    def _find(self, chatbot_uuid: uuid.UUID, action: str) -> Chatbot:
        chatbot: Chatbot = chatbots.find(chatbot_uuid) or abort(404)
        if not standing().may(action, chatbot.workspace_id):
            abort(403)
        return chatbot

    def _find_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> tuple[Chatbot, Source]:
        chatbot = self._find(chatbot_uuid, "source.edit")
        return chatbot, sources.find(chatbot, source_uuid) or abort(404)

    def _keep(self, action: str, changed: list[Source]) -> None:
        for source in changed:
            audit.record(action, source)
        db.session.commit()
        queues.wake_ingestion(*(source.id for source in changed if sources.is_moving(source)))

    def _address(self, chatbot: Chatbot) -> str:
        return url_for("ChatbotPage.show", chatbot_uuid=chatbot.uuid)

    def _part(self, chatbot: Chatbot) -> Any:
        return self._page("chatbot/_part.html", chatbot, **_page_of_sources(chatbot))

    def _page(self, template: str, chatbot: Chatbot, **values: Any) -> Any:
        asked = ("chatbot.edit", "chatbot.preview", "source.edit", "history.view")
        may = {action: standing().may(action, chatbot.workspace_id) for action in asked}
        facts = overview.facts_of(chatbot)
        values |= {"may": may, "facts": facts, "state": describe(chatbot, facts)}
        return self.render_template(template, chatbot=chatbot, appbuilder=self.appbuilder, **values)


def _add_address(chatbot: Chatbot) -> list[Source]:
    """Queue the page that a form names, or a preview of the whole website below it."""
    address = request.form.get("url", "")
    if not address.strip():
        return []
    add = websites.add_new if request.form.get("extent") == "website" else sources.add_url
    return [add(chatbot, address)]


def _page_of_sources(chatbot: Chatbot) -> dict[str, Any]:
    page = read_page_number()
    return {"sources": sources.list_sources(chatbot, page), "page": page, "page_size": sources.PAGE_SIZE}


def _is_from_script() -> bool:
    return request.headers.get("X-Part") == "sources"
