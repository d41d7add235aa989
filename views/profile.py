"""What a person may change about themselves: name, password, address, devices."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from flask import abort, current_app, flash, g, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_babel import refresh
from flask_login import login_user
from sqlalchemy import select
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length

from app import audit
from app.accounts import devices, own_data, passwords, preferences, resets, second_factor, terms
from app.accounts.addresses import AddressError
from app.accounts.preferences import Preferences
from app.caller import limit_secrets, limit_tries, signed_in, standing
from app.languages import SHIPPED
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.learning import digest
from app.refusals import Refusal
from models import Service
from models.base import db
from views.meanwhile import FormValues, is_overtaken, seen


def present_password(label: str = _l("Present password")) -> PasswordField:
    """Return the field in which somebody proves that the device is in the hands of its owner."""
    how = {"autocomplete": "current-password"}
    return PasswordField(label, validators=[InputRequired(), Length(max=1024)], render_kw=how)


class DetailsForm(DynamicForm):
    """Name, and how moments are read."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=120)], render_kw={"autocomplete": "name"})
    time_zone = SelectField(_l("Time zone"), choices=lambda: list(preferences.time_zones()))
    language = SelectField(
        _l("Language"), description=_l("Of pages, mails and dates."),
        choices=lambda: [("", _("As my browser asks")), *SHIPPED.items()],
    )  # fmt: skip


class PasswordForm(DynamicForm):
    """The old password and the new one."""

    old = present_password()
    new = PasswordField(
        _l("New password"), description=_l("12 characters or more"), validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


class AddressForm(DynamicForm):
    """A new address; it counts once it is proven."""

    email = EmailField(_l("New e-mail"), validators=[InputRequired(), Email(), Length(max=320)])
    password = present_password()


class ProfileView(BaseView):
    """One page about oneself; each of its forms posts to an address of its own."""

    route_base = "/profile"
    default_view = "show"

    @expose("/")
    @has_access
    def show(self) -> Any:
        return self._page()

    @expose("/data.json")
    @has_access
    def take_data(self) -> Any:
        """Hand out what is kept about the person."""
        found = current_app.json.dumps(own_data.collect(signed_in()), indent=2, sort_keys=False)
        answer = current_app.response_class(found + "\n", mimetype="application/json")
        answer.headers["Content-Disposition"] = 'attachment; filename="docent-account.json"'
        return answer

    @expose("/details", methods=["POST"])
    @has_access
    def change_details(self) -> Any:
        form = DetailsForm()
        if not form.validate_on_submit():
            return self._page(details=form), 400
        entered = FormValues(form)
        if is_overtaken(signed_in(), _present_details, entered, entered.labels):
            return self._page(details=form)
        preferences.save(signed_in(), form.name.data, Preferences(form.time_zone.data, form.language.data))
        g.pop("preferences", None)
        refresh()  # what is said of it is said in the language that was chosen
        return self._done("profile.edit", _("Saved."))

    @expose("/password", methods=["POST"])
    @has_access
    @limit_tries
    def change_password(self) -> Any:
        limit_secrets("password of")
        form = PasswordForm()
        if not form.validate_on_submit():
            return self._page(password=form), 400
        try:
            passwords.change(signed_in(), form.old.data, form.new.data)
        except passwords.PasswordError as error:
            form.old.errors = [str(error)]
            return self._page(password=form), 400
        devices.sign_out_all(signed_in().id, but=session.get("device"))
        login_user(signed_in())  # the other devices are signed out, this one stays
        return self._done("password.change", _("Your password is changed. All your other devices are signed out."))

    @expose("/address", methods=["POST"])
    @has_access
    def change_address(self) -> Any:
        limit_secrets("password of")
        form = AddressForm()
        if not form.validate_on_submit():
            return self._page(address=form), 400
        try:
            resets.request_new_address(signed_in(), form.email.data, form.password.data)
        except (Refusal, AddressError) as error:
            form.email.errors = [str(error)]
            return self._page(address=form), 400
        said = _("Open the link in the mail to %(email)s to use that address.", email=form.email.data)
        return self._done("address.request", said)

    @expose("/weekly", methods=["POST"])
    @has_access
    def change_weekly(self) -> Any:
        """Switch the weekly mail of each service that one leads in on or off."""
        offered = {str(service.uuid): service.id for service in _led_services()}
        wanted = [offered[name] for name in request.form.getlist("services") if name in offered]
        digest.choose(signed_in().id, offered.values(), wanted)
        return self._done("profile.weekly", _("Saved."))

    @expose("/devices/<uuid:device_uuid>/sign-out", methods=["POST"])
    @has_access
    def sign_out_device(self, device_uuid: uuid.UUID) -> Any:
        if not devices.sign_out(signed_in().id, device_uuid):
            abort(404)
        return self._done("device.sign-out", _("That device is signed out."))

    @expose("/devices/sign-out", methods=["POST"])
    @has_access
    def sign_out_others(self) -> Any:
        devices.sign_out_all(signed_in().id, but=session.get("device"))
        return self._done("device.sign-out-all", _("All other devices are signed out."))

    def _done(self, action: str, said: str) -> Any:
        audit.record(action, signed_in())
        db.session.commit()
        flash(said, "success")
        return redirect(url_for("ProfileView.show"))

    def _page(self, **forms: DynamicForm) -> Any:
        member, present = signed_in(), _present_details()
        filled = DetailsForm(formdata=None, data=present)
        return self.render_template(
            "account/profile.html", appbuilder=self.appbuilder, details=forms.get("details", filled),
            seen=seen(present),
            password=forms.get("password", PasswordForm(formdata=None)), this_device=session.get("device"),
            address=forms.get("address", AddressForm(formdata=None)), devices=devices.list_devices(member.id),
            weekly=[(service, digest.is_wanted(member.id, service.id)) for service in _led_services()],
            has_second_factor=second_factor.find(member.id) is not None, accepted=terms.accepted_by(member.id),
        )  # fmt: skip


def _present_details() -> dict[str, str]:
    member = signed_in()
    return {"name": member.name, **asdict(preferences.read(member.id))}


def _led_services() -> list[Service]:
    """Return the services in which the person may read chats: those that the weekly mail is about."""
    own = standing()
    if own.is_superadmin or own.look is not None:
        return []
    found = {own.service_of[workspace_id] for workspace_id in own.workspaces_where(digest.VIEW)}
    return list(db.session.scalars(select(Service).where(Service.id.in_(found)).order_by(Service.name)))
