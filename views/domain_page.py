"""One website of a service: whether it is proven, how to prove it, and what a look has found."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit, limits
from app.caller import standing
from app.domains import embeds, grants, health, holding, hosts, proof
from app.domains.holding import Look
from app.languages import gettext as _
from models import Chatbot, Domain
from models.base import db
from views.ticks import touched


class DomainPage(BaseView):
    """A domain's own page. A stranger's is a 404."""

    route_base = "/domain"
    default_view = "show"

    @expose("/<uuid:domain_uuid>")
    @has_access
    def show(self, domain_uuid: uuid.UUID) -> Any:
        return self._page(self._find(domain_uuid, "domain.view"), Look([]))

    @expose("/<uuid:domain_uuid>/check", methods=["POST"])
    @has_access
    def check(self, domain_uuid: uuid.UUID) -> Any:
        domain = self._find(domain_uuid, "domain.edit")
        if not limits.allow(limits.PROOFS_PER_DOMAIN, "proof of", str(domain.id)):
            abort(429)
        was_proven = domain.verified
        look = holding.check(domain)
        domain = self._find(domain_uuid, "domain.edit")
        audit.record("domain.check", domain)
        db.session.commit()
        if domain.verified and not was_proven:
            return redirect(_congratulate(domain))
        return self._page(domain, look)

    @expose("/<uuid:domain_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, domain_uuid: uuid.UUID) -> Any:
        """Pause the domain, which keeps its proof, or let it go on."""
        domain = self._find(domain_uuid, "domain.edit")
        domain.status = "inactive" if domain.status == "active" else "active"
        audit.record("domain.switch", domain)
        db.session.commit()
        return redirect(url_for("DomainPage.show", domain_uuid=domain.uuid))

    @expose("/<uuid:domain_uuid>/subdomains", methods=["POST"])
    @has_access
    def include_subdomains(self, domain_uuid: uuid.UUID) -> Any:
        domain = self._find(domain_uuid, "domain.edit")
        domain.with_subdomains = True
        audit.record("domain.include_subdomains", domain)
        db.session.commit()
        flash(_("Chatbots answer on all hosts below %(domain)s now.", domain=domain.domain), "success")
        return redirect(url_for("DomainPage.show", domain_uuid=domain.uuid))

    @expose("/<uuid:domain_uuid>/chatbots", methods=["POST"])
    @has_access
    def choose_chatbots(self, domain_uuid: uuid.UUID) -> Any:
        """Let the chatbots that were ticked answer there, and no longer those that were unticked."""
        domain = self._find(domain_uuid, "domain.view")
        chatbots = {str(chatbot.uuid): chatbot for chatbot in _changeable_chatbots(domain)} if domain.verified else {}
        if not chatbots:
            abort(403)
        for name, is_wanted in touched("chatbot", chatbots).items():
            changed = embeds.tick(chatbots[name], domain, is_wanted=is_wanted)
            if changed is not None:
                audit.record("embed.switch", changed)
        db.session.commit()
        return redirect(url_for("DomainPage.show", domain_uuid=domain.uuid))

    @expose("/<uuid:domain_uuid>/workspaces", methods=["POST"])
    @has_access
    def choose_workspaces(self, domain_uuid: uuid.UUID) -> Any:
        """Let all workspaces use the domain, or those that are ticked alone."""
        domain, ticked = self._find(domain_uuid, "domain.edit"), set(request.form.getlist("workspace"))
        if request.form.get("who") == "all":
            grants.open_to_all(domain)
        else:
            managed = grants.choices(standing(), domain)
            grants.keep(standing(), domain, [row for row in managed if str(row.uuid) in ticked])
        audit.record("domain.keep", domain, workspaces=sorted(grants.ids_of(domain)))
        address = url_for("DomainPage.show", domain_uuid=domain.uuid)
        db.session.commit()
        flash(_("Saved. Chatbots of other workspaces stop answering there at once."), "success")
        return redirect(address)

    def _find(self, domain_uuid: uuid.UUID, action: str) -> Domain:
        domain: Domain = hosts.find(domain_uuid) or abort(404)
        if not grants.may(standing(), action, domain):
            abort(403)
        return domain

    def _page(self, domain: Domain, look: Look) -> Any:
        return self.render_template(
            "domains/show.html", appbuilder=self.appbuilder, domain=domain, look=look,
            is_local=hosts.is_local(domain.domain),
            may_read_chats=standing().may_in_service("history.view", domain.service_id),
            may_edit=grants.may(standing(), "domain.edit", domain), token=proof.token_of(domain),
            record=proof.record_name(domain), file=domain.origin + proof.FILE, tag=proof.meta_tag(domain),
            workspaces=grants.choices(standing(), domain), kept_to=grants.ids_of(domain),
            ends=_end_of_grace(domain), chatbots=_changeable_chatbots(domain), **_embeds_on(domain),
        )  # fmt: skip


def _congratulate(domain: Domain) -> str:
    """Say that a website is proven; return where what comes next is done: the code, where one chatbot answers there."""
    changeable = _changeable_chatbots(domain)
    active = [embed for embed in embeds.list_on(domain) if embed.status == "active"]
    placed = [embed for embed in active if embed.chatbot in changeable]
    if len(placed) != 1:
        flash(_("%(origin)s is yours: chatbots may answer there now.", origin=domain.origin), "success")
        return url_for("DomainPage.show", domain_uuid=domain.uuid)
    name = placed[0].chatbot.name
    flash(_("%(origin)s is yours: now paste the code of %(name)s.", origin=domain.origin, name=name), "success")
    return url_for("EmbedPage.show", embed_uuid=placed[0].uuid)


def _end_of_grace(domain: Domain) -> dt.datetime | None:
    return domain.failing_since + holding.GRACE if domain.failing_since else None


def _changeable_chatbots(domain: Domain) -> list[Chatbot]:
    """Return the chatbots of the domain's service that the person may put on it or take off it."""
    mine = set(standing().workspaces_where("chatbot.edit"))
    found = embeds.placeable(domain.service_id, list(mine & grants.ids_of(domain) if domain.is_kept else mine))
    return [chatbot for chatbot in found if standing().may_with("chatbot.edit", chatbot)]


def _embeds_on(domain: Domain) -> dict[str, Any]:
    placed = embeds.list_on(domain)
    refusals = health.refusals_of(placed)
    return {"embeds": placed, "states": {embed.id: health.state_of(embed, refusals[embed.id]) for embed in placed}}
