"""Switching the second factor on and off, and making new recovery codes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno
from flask import flash, redirect, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import no_cache
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from app import audit
from app.accounts import passwords, second_factor
from app.caller import limit_secrets, signed_in
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from models.base import db
from views.profile import present_password

_CODE_LOOK = {"autocomplete": "one-time-code", "inputmode": "numeric"}


class PasswordForm(DynamicForm):
    """The password: whoever finds a device open must not lock its owner out."""

    password = present_password()


class FirstCodeForm(DynamicForm):
    """A code that shows that the authenticator knows the secret."""

    code = StringField(
        _l("Code"), description=_l("The six digits that your authenticator shows now."),
        validators=[InputRequired(), Length(max=64)], render_kw=_CODE_LOOK,
    )  # fmt: skip


class ProofForm(DynamicForm):
    """The password and a code: what loosening the protection asks for."""

    password = present_password()
    code = StringField(
        _l("Code"), description=_l("Six digits of your authenticator, or one of your recovery codes."),
        validators=[InputRequired(), Length(max=64)], render_kw={"autocomplete": "one-time-code"},
    )  # fmt: skip


def draw(address: str) -> tuple[str, str]:
    """Return a QR code as an address that `img` takes (an SVG), and the secret in groups of four, to be typed."""
    secret = parse_qs(urlsplit(address).query)["secret"][0]
    picture: str = segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="#fff", dark="#000")
    return picture, " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def _is_right(field: PasswordField) -> bool:
    """Tell whether a field holds the present password, and say it there where it does not."""
    if passwords.is_right(signed_in(), field.data):
        return True
    field.errors = [_("The present password is not right.")]
    return False


class SecondFactorPage(BaseView):
    """One's own second factor. A secret that was begun is shown until its first code is entered."""

    route_base = "/profile/second-factor"
    default_view = "show"

    @expose("/")
    @has_access
    @no_cache
    def show(self) -> Any:
        return self._page()

    @expose("/begin", methods=["POST"])
    @has_access
    @no_cache
    def begin(self) -> Any:
        limit_secrets("password of")
        form = PasswordForm()
        if not form.validate_on_submit() or not _is_right(form.password):
            return self._page(password=form), 400
        second_factor.begin(signed_in())
        audit.record("second-factor.begin", signed_in())
        db.session.commit()
        return redirect(url_for("SecondFactorPage.show"))

    @expose("/confirm", methods=["POST"])
    @has_access
    @no_cache
    def confirm(self) -> Any:
        limit_secrets("code of")
        form = FirstCodeForm()
        if not form.validate_on_submit():
            return self._page(first=form), 400
        try:
            codes = second_factor.confirm(signed_in(), form.code.data)
        except second_factor.WrongCode as wrong:
            form.code.errors = [str(wrong)]
            return self._page(first=form), 400
        return self._show_codes("second-factor.on", codes)

    @expose("/recovery-codes", methods=["POST"])
    @has_access
    @no_cache
    def make_codes(self) -> Any:
        form = ProofForm()
        if not self._is_proven(form):
            return self._page(proof=form), 400
        return self._show_codes("second-factor.codes", second_factor.renew_recovery_codes(signed_in().id))

    @expose("/off", methods=["POST"])
    @has_access
    def switch_off(self) -> Any:
        form = ProofForm()
        if not self._is_proven(form):
            return self._page(proof=form), 400
        second_factor.switch_off(signed_in().id)
        audit.record("second-factor.off", signed_in())
        db.session.commit()
        flash(_("Your second factor is off: the password alone opens your account."), "success")
        return redirect(url_for("ProfileView.show"))

    def _is_proven(self, form: ProofForm) -> bool:
        limit_secrets("code of")
        if not form.validate_on_submit() or not _is_right(form.password):
            return False
        try:
            second_factor.check(signed_in().id, form.code.data)
        except Refusal as wrong:
            form.code.errors = [str(wrong)]
            return False
        return True

    def _show_codes(self, action: str, codes: list[str]) -> Any:
        audit.record(action, signed_in())
        db.session.commit()
        return self.render_template("account/recovery_codes.html", appbuilder=self.appbuilder, codes=codes)

    def _page(self, **forms: DynamicForm) -> Any:
        member = signed_in()
        begun = second_factor.address_of_begun(member)
        picture, secret = draw(begun) if begun else ("", "")
        return self.render_template(
            "account/second_factor.html", appbuilder=self.appbuilder, picture=picture, secret=secret,
            is_on=second_factor.find(member.id) is not None, first=forms.get("first", FirstCodeForm(formdata=None)),
            proof=forms.get("proof", ProofForm(formdata=None)),
            password=forms.get("password", PasswordForm(formdata=None)),
            n_codes_left=second_factor.n_recovery_codes_left(member.id),
        )  # fmt: skip
