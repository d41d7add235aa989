"""One website of a service: whether it is proven, how to prove it, and what a look has found."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit, limits
from app.caller import standing
from app.domains import embeds, holding, hosts, proof
from app.domains.holding import Look
from models import Domain
from models.base import db


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
            flash(f"{domain.origin} is yours: chatbots may answer there now.", "success")
            return redirect(url_for("DomainPage.show", domain_uuid=domain.uuid))
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

    def _find(self, domain_uuid: uuid.UUID, action: str) -> Domain:
        domain: Domain = hosts.find(domain_uuid) or abort(404)
        if not standing().may_in_service(action, domain.service_id):
            abort(403)
        return domain

    def _page(self, domain: Domain, look: Look) -> Any:
        is_local = domain.domain in hosts.LOCAL_HOSTS
        return self.render_template(
            "domains/show.html", appbuilder=self.appbuilder, domain=domain, look=look, is_local=is_local,
            may_edit=standing().may_in_service("domain.edit", domain.service_id), token=proof.token_of(domain),
            record=proof.record_name(domain), file=domain.origin + proof.FILE, tag=proof.meta_tag(domain),
            embeds=embeds.list_on(domain), ends=_end_of_grace(domain),
        )  # fmt: skip


def _end_of_grace(domain: Domain) -> dt.datetime | None:
    return domain.failing_since + holding.GRACE if domain.failing_since else None
