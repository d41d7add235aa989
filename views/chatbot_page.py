"""One chatbot's own pages: the overview, its sources with live states, and where it answers."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.answering import presets
from app.caller import standing
from app.collaborators import here
from app.domains import codes, embeds, health, hosts
from app.history import first_steps, overview
from app.history.overview import Facts
from app.knowledge import holds, sources
from app.knowledge.crawling import websites
from app.languages import gettext as _
from app.learning.attention import HELD, needs_of
from app.refusals import Refusal
from app.wording import title_of
from jobs import queues
from models import Chatbot, Source, db
from views import source_acts
from views.attention import errand_of
from views.chatbot_places import find_chatbot, trail_of
from views.chatbot_tabs import head_of
from views.first_steps import steps_of
from views.listing import read_page_number
from views.ticks import touched


class ChatbotPage(BaseView):
    """Everything about one chatbot. Each address begins with its uuid; a stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "show"

    @expose("/<uuid:chatbot_uuid>")
    @has_access
    def show(self, chatbot_uuid: uuid.UUID) -> Any:
        """Show how it is, what it waits for, and what comes next."""
        chatbot = find_chatbot(chatbot_uuid, "chatbot.view")
        card = overview.card_of(chatbot)
        leads = standing().may_with("chatbot.edit", chatbot)
        errands = [errand_of(need) for need in needs_of([card]) if need.kind != HELD] if leads else []
        return self._page(
            "chatbot/show.html", chatbot, card.facts, steps=steps_of(chatbot) if leads else [], errands_here=errands,
            n_places=embeds.count_active(chatbot),
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/steps/hide", methods=["POST"])
    @has_access
    def hide_steps(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        first_steps.hide(chatbot)
        audit.record("chatbot.hide_steps", chatbot)
        db.session.commit()
        return redirect(self._address(chatbot))

    @expose("/<uuid:chatbot_uuid>/sources")
    @has_access
    def sources(self, chatbot_uuid: uuid.UUID) -> Any:
        """Show its sources; to a script that asks while something moves, state and sources alone."""
        chatbot = find_chatbot(chatbot_uuid, "source.view")
        if _is_from_script():
            return self._part(chatbot)
        limit = here().config.max_upload_bytes
        return self._page("chatbot/sources.html", chatbot, **_page_of_sources(chatbot), max_bytes=limit)

    @expose("/<uuid:chatbot_uuid>/domains")
    @has_access
    def domains(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.view")
        return self._page("chatbot/domains.html", chatbot, **_places_of(chatbot))

    @expose("/<uuid:chatbot_uuid>/sources", methods=["POST"])
    @has_access
    def add_source(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
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
        flash(words or _("Choose a file or enter an address first."), "success" if words else "warning")
        return redirect(self._address(chatbot, "sources"))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/retry", methods=["POST"])
    @has_access
    def retry_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot, source = self._find_source(chatbot_uuid, source_uuid)
        source_acts.read_again(source)
        self._wake([source])
        return redirect(self._address(chatbot, "sources"))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/delete", methods=["GET", "POST"])
    @has_access
    def delete_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot, source = self._find_source(chatbot_uuid, source_uuid)
        if request.method != "POST":
            return self._page(
                "confirm.html", chatbot, question=_("Delete %(title)s?", title=title_of(source)), verb=_("Delete"),
                consequence=_("Its text is no longer used for answers. Chats that cited it stay readable."),
                trail=[*trail_of(chatbot), (_("Sources"), self._address(chatbot, "sources"))],
            )  # fmt: skip
        source_acts.delete(source)
        db.session.commit()
        queues.wake_training(chatbot.id)
        flash(_("Deleted: %(title)s. Its text is no longer used.", title=title_of(source)), "success")
        return redirect(self._address(chatbot, "sources"))

    @expose("/<uuid:chatbot_uuid>/sources/<uuid:source_uuid>/file")
    @has_access
    def download_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "source.view")
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
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        holds.train(chatbot)
        audit.record("chatbot.train", chatbot)
        db.session.commit()
        queues.wake_training(chatbot.id)
        flash(_("A new training has begun. The present answers stay until it is done."), "success")
        return redirect(self._address(chatbot, "sources"))

    @expose("/<uuid:chatbot_uuid>/embeds", methods=["POST"])
    @has_access
    def choose_domains(self, chatbot_uuid: uuid.UUID) -> Any:
        """Let the chatbot answer on the websites that were ticked, and no longer on those that were unticked."""
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        domains = {str(domain.uuid): domain for domain in hosts.usable_domains(chatbot)}
        for name, is_wanted in touched("domain", domains).items():
            changed = embeds.tick(chatbot, domains[name], is_wanted=is_wanted)
            if changed is not None:
                audit.record("embed.switch", changed)
        db.session.commit()
        return redirect(self._address(chatbot, "domains"))

    @expose("/<uuid:chatbot_uuid>/hosted", methods=["POST"])
    @has_access
    def switch_hosted(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        present = embeds.hosted_embed(chatbot)
        is_on = present is None or present.status != "active"
        audit.record("hosted_page.switch", embeds.switch_hosted(chatbot, is_on=is_on))
        db.session.commit()
        return redirect(self._address(chatbot, "domains") + "#hosted")

    @expose("/<uuid:chatbot_uuid>/hosted/renew", methods=["POST"])
    @has_access
    def renew_hosted(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        embed = embeds.hosted_embed(chatbot) or abort(404)
        embeds.renew_hosted(embed)
        audit.record("hosted_page.renew", embed)
        db.session.commit()
        flash(_("The page has a new address. The old one leads nowhere any more."), "success")
        return redirect(self._address(chatbot, "domains") + "#hosted")

    def _find_source(self, chatbot_uuid: uuid.UUID, source_uuid: uuid.UUID) -> tuple[Chatbot, Source]:
        chatbot = find_chatbot(chatbot_uuid, "source.edit")
        return chatbot, sources.find(chatbot, source_uuid) or abort(404)

    def _keep(self, action: str, changed: list[Source]) -> None:
        for source in changed:
            audit.record(action, source)
        self._wake(changed)

    def _wake(self, changed: list[Source]) -> None:
        db.session.commit()
        queues.wake_ingestion(*(source.id for source in changed if sources.is_moving(source)))

    def _address(self, chatbot: Chatbot, page: str = "show") -> str:
        return url_for(f"ChatbotPage.{page}", chatbot_uuid=chatbot.uuid)

    def _part(self, chatbot: Chatbot) -> Any:
        return self._page("chatbot/_part.html", chatbot, **_page_of_sources(chatbot))

    def _page(self, template: str, chatbot: Chatbot, facts: Facts | None = None, **values: Any) -> Any:
        asked = ("chatbot.edit", "source.view", "source.edit", "history.view")
        may = {action: standing().may_with(action, chatbot) for action in asked}
        head = head_of(chatbot, facts)
        values |= {"may": may, "head": head, "facts": head.facts, "state": head.state}
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
    return {
        "sources": sources.list_sources(chatbot, page), "page": page, "page_size": sources.PAGE_SIZE,
        "bulk_acts": source_acts.BULK_ACTS,
    }  # fmt: skip


def _places_of(chatbot: Chatbot) -> dict[str, Any]:
    """Return where a chatbot answers: its embeds with their states, the websites to tick, its page on our host."""
    placed, hosted = embeds.list_embeds(chatbot)
    refusals = health.refusals_of(placed)
    return {
        "embeds": placed, "hosted": hosted, "refusals": refusals,
        "states": {embed.id: health.state_of(embed, refusals[embed.id]) for embed in placed},
        "domains": hosts.usable_domains(chatbot), "codes_of": codes.codes_of,
        "address": here().config.address, "is_for_members": presets.manner_of(chatbot).audience == "members",
    }  # fmt: skip


def _is_from_script() -> bool:
    return "X-Part" in request.headers
