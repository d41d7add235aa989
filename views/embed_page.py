"""One chatbot on one website: its code, how it is, what was refused, and its limits."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import segno
from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_login import current_user
from wtforms import BooleanField, IntegerField
from wtforms.validators import NumberRange, Optional

from app import audit, limits
from app.caller import standing
from app.collaborators import here
from app.domains import codes, embeds, grants, health, page_check
from app.domains.page_check import Finding
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models import Embed
from models.base import db
from views.meanwhile import FormValues, is_overtaken, seen

MOST = 1_000_000


class LimitsForm(DynamicForm):
    """What this embed may cost, beside what the plan allows."""

    max_questions_a_minute = IntegerField(_l("Questions a minute, of all visitors"), [Optional(), NumberRange(1, MOST)])
    max_questions_a_day = IntegerField(_l("Questions a day, of all visitors"), [Optional(), NumberRange(1, MOST)])
    tells_refusals = BooleanField(_l("Mail a summary after a day on which something was refused"))
    tells_daily = BooleanField(_l("Mail a summary of every day, also if nothing was refused"))


class EmbedPage(BaseView):
    """An embed's own page. A stranger's is a 404."""

    route_base = "/embed"
    default_view = "show"

    @expose("/<uuid:embed_uuid>")
    @has_access
    def show(self, embed_uuid: uuid.UUID) -> Any:
        return self._page(self._find(embed_uuid, "chatbot.view"))

    @expose("/<uuid:embed_uuid>/switch", methods=["POST"])
    @has_access
    def switch(self, embed_uuid: uuid.UUID) -> Any:
        embed = self._find(embed_uuid, "chatbot.edit")
        embed.status = "inactive" if embed.status == "active" else "active"
        audit.record("embed.switch", embed)
        db.session.commit()
        return redirect(url_for("EmbedPage.show", embed_uuid=embed.uuid))

    @expose("/<uuid:embed_uuid>/change", methods=["POST"])
    @has_access
    def change(self, embed_uuid: uuid.UUID) -> Any:
        embed, form = self._find(embed_uuid, "chatbot.edit"), LimitsForm()
        if not form.validate():
            return self._page(embed, form=form), 400
        entered = FormValues(form)
        if is_overtaken(embed, lambda: _present(embed, entered), entered, entered.labels):
            return self._page(embed, form=form)
        form.populate_obj(embed)
        audit.record("embed.edit", embed)
        db.session.commit()
        flash(_("Saved."), "success")
        return redirect(url_for("EmbedPage.show", embed_uuid=embed.uuid))

    @expose("/<uuid:embed_uuid>/check", methods=["POST"])
    @has_access
    def check(self, embed_uuid: uuid.UUID) -> Any:
        embed, path = self._find(embed_uuid, "chatbot.edit"), request.form.get("page", "")[:2000]
        if not limits.allow(limits.PROOFS_PER_DOMAIN, "look at page of", str(embed.id)):
            abort(429)
        audit.record("embed.check", embed, page=path)
        db.session.commit()
        return self._page(embed, findings=page_check.check_page(embed, path), path=path)

    def _find(self, embed_uuid: uuid.UUID, action: str) -> Embed:
        embed: Embed = embeds.find(embed_uuid) or abort(404)
        if not standing().may_with(action, embed.chatbot):
            abort(403)
        return embed

    def _page(
        self, embed: Embed, *, form: LimitsForm | None = None, findings: list[Finding] | None = None, path: str = ""
    ) -> Any:
        refusals, may = health.refusals_of([embed])[embed.id], _rights_on(embed)
        form = form or LimitsForm(obj=embed)
        return self.render_template(
            "embeds/show.html", appbuilder=self.appbuilder, embed=embed, form=form,
            seen=seen(_present(embed, FormValues(form))),
            may=may, state=health.state_of(embed, refusals), figures=health.figures_of(embed),
            n_refused=refusals.n, refused=health.list_refused(embed), codes_of=codes.codes_of,
            address=here().config.address, findings=findings, path=path or embed.last_seen_page or "/",
            phone=_test_link(embed) if may["chatbot.preview"] else None,
        )  # fmt: skip


def _present(embed: Embed, names: Iterable[str]) -> dict[str, Any]:
    return {name: getattr(embed, name) for name in names}


def _rights_on(embed: Embed) -> dict[str, bool]:
    asked = ("chatbot.edit", "chatbot.preview", "history.view")
    found = {what: standing().may_with(what, embed.chatbot) for what in asked}
    return {**found, "domain.edit": grants.may(standing(), "domain.edit", embed.domain)}


def _test_link(embed: Embed) -> tuple[str, str]:
    """Return the address at which the embed is tried on a phone for an hour, and its QR code as that of a picture."""
    token = embeds.sign_test_link(embed, current_user.get_id())
    address = here().config.address + url_for("hosted.test", token=token)
    picture: str = segno.make(address, error="l").svg_data_uri(scale=4, border=4, light="#fff", dark="#000")
    return address, picture
