"""Which websites two customers claim, and taking one from its holder: for those who run the installation."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app import audit
from app.domains import holding, hosts
from app.domains.hosts import HostError
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models import Domain
from models.base import db


class ReleaseForm(DynamicForm):
    """What is released, and why."""

    website = StringField(
        _l("Website"),
        description=_l("Its name, for instance www.example.com"),
        validators=[DataRequired(), Length(max=300)],
    )
    reason = TextAreaField(
        _l("Reason"), description=_l("The holder reads it in a mail."), validators=[DataRequired(), Length(max=2000)]
    )


class HoldingPage(BaseView):
    """No address names a customer's website here."""

    route_base = "/holding"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        return self._page(ReleaseForm(website=request.args.get("website", "")))

    @expose("/release", methods=["POST"])
    @has_access
    def release(self) -> Any:
        form = ReleaseForm()
        if not form.validate() or not self._release(form):
            return self._page(form), 400
        return redirect(url_for("HoldingPage.show"))

    def _release(self, form: ReleaseForm) -> bool:
        try:
            host = hosts.parse_host(form.website.data)[1]
        except HostError as error:
            form.website.errors = [str(error)]
            return False
        released = holding.release(host, form.reason.data)
        if not released:
            form.website.errors = [_("No service holds this website.")]
            return False
        for domain in released:
            audit.record("domain.release", domain, reason=form.reason.data)
        db.session.commit()
        flash(_("%(host)s is released. Its holder is told the reason by mail.", host=host), "success")
        return True

    def _page(self, form: ReleaseForm) -> Any:
        claims = [(claim, holding.find_holder(claim)) for claim in holding.open_claims()]
        return self.render_template(
            "domains/holding.html", appbuilder=self.appbuilder, form=form, claims=claims, held=_read_held(form)
        )


def _read_held(form: ReleaseForm) -> list[Domain]:
    """Return by which domains the website is held that a form names."""
    try:
        return holding.find_held(hosts.parse_host(form.website.data or "")[1])
    except HostError:
        return []
