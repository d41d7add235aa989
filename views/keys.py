"""Keys of the API: which there are, making one, which is shown once, how much it may send, and revoking."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import select
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from app import audit
from app.accounts import keys
from app.accounts.keys import RIGHTS, KeyRefused, Wish
from app.caller import preferred, signed_in, standing
from app.collaborators import here
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models import ServiceKey, Workspace, db
from views.meanwhile import FormValues, is_overtaken, seen
from views.questions import ask


class LimitForm(DynamicForm):
    """How much a key may send."""

    max_per_minute = IntegerField(
        _l("Requests a minute"), description=_l("Empty: as many as the plan allows one key."), validators=[Optional()]
    )


class KeyForm(LimitForm):
    """What a new key is called and may do; the workspaces stand beside it."""

    name = StringField(
        _l("Name"), description=_l("The program that will use it, so that you know what ends when you revoke it."),
        validators=[InputRequired(), Length(max=80)],
    )  # fmt: skip
    rights = SelectField(
        _l("Rights"), choices=[(name, rights.words) for name, rights in RIGHTS.items()], default="read"
    )
    last_day = DateField(_l("Last day"), description=_l("Empty: until it is revoked."), validators=[Optional()])


def _workspaces() -> list[Workspace]:
    """Return the workspaces of their own that the person may make keys for, service by service."""
    query = select(Workspace).where(Workspace.id.in_(standing().as_member().workspaces_where("key.edit")))
    return list(
        db.session.scalars(query.where(Workspace.deleted_at.is_(None)).order_by(Workspace.service_id, Workspace.id))
    )


def _end_of(day: dt.date | None) -> dt.datetime | None:
    """Return the moment at which a day is over on the person's own clock."""
    if day is None or day.year == dt.MAXYEAR:
        return None
    return preferred().midnight(day + dt.timedelta(days=1))


def _last_day_of(key: ServiceKey) -> str:
    assert key.expired_at is not None
    last = key.expired_at - dt.timedelta(microseconds=1)
    return preferred().day(last.astimezone(preferred().zone).date())


def _find_key(service_key_uuid: uuid.UUID) -> ServiceKey:
    return keys.find(service_key_uuid, standing().workspaces_where("key.view")) or abort(404)


def _limit(key: ServiceKey, form: LimitForm) -> bool:
    """Change how much a key may send; False, with the reason, where it can't be or was changed meanwhile."""
    typed = FormValues(form)
    if is_overtaken(key, lambda: _shown_of(key), typed, typed.labels):
        return False
    try:
        keys.limit(key, form.max_per_minute.data)
    except KeyRefused as refused:
        form.max_per_minute.errors = [str(refused)]
        return False
    audit.record("service_key.limit", key)
    db.session.commit()
    return True


def _shown_of(key: ServiceKey) -> dict[str, int | None]:
    return {"max_per_minute": key.max_per_minute}


def _trail() -> list[tuple[str, str]]:
    return [(_("API keys"), url_for("KeyPage.show"))]


class KeyPage(BaseView):
    """The keys of the workspaces in which somebody leads. A stranger's is a 404."""

    route_base = "/keys"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        if not standing().may_anywhere("key.view"):
            abort(403)
        found = keys.list_keys(standing().as_member().workspaces_where("key.view"))
        return self.render_template(
            "keys/list.html",
            appbuilder=self.appbuilder,
            keys=found,
            rights=RIGHTS,
            last_day_of=_last_day_of,
            rate_of=lambda key: keys.rates_of(key)[0],
        )

    @expose("/new", methods=["GET", "POST"])
    @has_access
    def make(self) -> Any:
        if not standing().may_anywhere("key.edit"):
            abort(403)
        form, workspaces = KeyForm(), _workspaces()
        chosen = [place for place in workspaces if str(place.uuid) in request.form.getlist("workspace")]
        if form.validate_on_submit() and (made := self._make(form, chosen)):
            return made
        status = 200 if request.method == "GET" else 400
        if request.method == "GET" and len(workspaces) == 1:
            chosen = workspaces
        page = {"form": form, "workspaces": workspaces, "chosen": {place.id for place in chosen}}
        return self.render_template("keys/new.html", appbuilder=self.appbuilder, **page), status

    def _make(self, form: KeyForm, chosen: list[Workspace]) -> Any:
        """Answer with the key, the one time that it is shown; None where it can't be made."""
        name = form.name.data.replace("\0", "").strip()
        wish = Wish(name, form.rights.data, chosen, _end_of(form.last_day.data), form.max_per_minute.data)
        try:
            key, token = keys.make(wish, signed_in())
        except KeyRefused as refused:
            db.session.rollback()
            flash(str(refused), "danger")
            return None
        audit.record("service_key.make", key, rights=key.rights, workspaces=", ".join(place.name for place in chosen))
        db.session.commit()
        page = {"key": key, "token": token, "address": here().config.address}
        return self.render_template("keys/made.html", appbuilder=self.appbuilder, **page), 201

    @expose("/<uuid:service_key_uuid>/limit", methods=["GET", "POST"])
    @has_access
    def limit(self, service_key_uuid: uuid.UUID) -> Any:
        """Ask how much a key may send, and let that count from its next request on."""
        key = _find_key(service_key_uuid)
        if not all(standing().may("key.edit", place.workspace_id) for place in key.places):
            abort(403)
        form = LimitForm(max_per_minute=key.max_per_minute)
        if form.validate_on_submit() and _limit(key, form):
            flash(_("Saved: %(name)s.", name=key.name), "success")
            return redirect(url_for("KeyPage.show"))
        question = _("How many requests a minute may %(name)s send?", name=key.name)
        words = _("It counts from its next request on.")
        return ask(
            self, question, _("Save"), _trail(), consequence=words, form=form, seen=seen(_shown_of(key)),
            title=_("Limit"), picture="check", is_harmless=True,
        )  # fmt: skip

    @expose("/<uuid:service_key_uuid>/revoke", methods=["GET", "POST"])
    @has_access
    def revoke(self, service_key_uuid: uuid.UUID) -> Any:
        """End a key; also of a service that does not run, as it may have leaked."""
        key = _find_key(service_key_uuid)
        if standing().look is not None:
            abort(403)
        if request.method != "POST":
            words = _("Programs that use it are refused from their next request on. This can't be taken back.")
            return ask(self, _("Revoke the key %(name)s?", name=key.name), _("Revoke"), _trail(), consequence=words)
        keys.revoke(key)
        audit.record("service_key.revoke", key)
        db.session.commit()
        flash(_("Revoked: %(name)s.", name=key.name), "success")
        return redirect(url_for("KeyPage.show"))
