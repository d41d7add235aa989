"""A forgotten password and a new address, for whoever has the link: opening it changes nothing, its button does."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.security.decorators import no_cache
from flask_login import logout_user
from wtforms import EmailField, PasswordField
from wtforms.validators import Email, InputRequired, Length

from app import audit, limits, mail
from app.accounts import links, passwords, resets
from app.caller import limit_tries
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models import Member
from models.base import db


class ForgottenForm(DynamicForm):
    """Whose password is forgotten."""

    email = EmailField(
        _l("E-mail"), validators=[InputRequired(), Email(), Length(max=320)], render_kw={"autocomplete": "username"}
    )


class NewPasswordForm(DynamicForm):
    """The password from now on."""

    password = PasswordField(
        _l("New password"), description=_l("12 characters or more"), validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


class ButtonForm(DynamicForm):
    """A button."""


def _note(action: str, member: Member) -> None:
    """Write down what the owner of a mailbox did, signed in or not."""
    audit.set_actor(member.id)
    audit.record(action, member)
    db.session.commit()


class ResetPage(BaseView):
    """Choosing a new password by a mailed link."""

    route_base = "/reset"
    default_view = "ask"

    @expose("/", methods=["GET", "POST"])
    @limit_tries
    def ask(self) -> Any:
        form = ForgottenForm()
        if not form.validate_on_submit():
            status = 200 if request.method == "GET" else 400
            return self.render_template("account/forgotten.html", appbuilder=self.appbuilder, form=form), status
        if limits.allow(limits.MAILS_PER_ACCOUNT, "reset of", form.email.data.strip().lower()):
            resets.request_reset(form.email.data)
            db.session.commit()
        return self.render_template(
            "account/reset_sent.html", appbuilder=self.appbuilder, email=form.email.data, has_server=mail.has_server()
        )

    @expose("/<token>", methods=["GET", "POST"])
    @limit_tries
    @no_cache
    def choose(self, token: str) -> Any:
        form = NewPasswordForm()
        is_open = links.find_link(token, links.RESET) is not None
        if is_open and form.validate_on_submit():
            try:
                member = resets.reset(token, form.password.data)
            except passwords.PasswordError as error:
                form.password.errors = [str(error)]
            else:
                if member is not None:
                    _note("password.reset", member)
                    flash(
                        _("Your password is changed and all devices are signed out. Sign in with the new one."),
                        "success",
                    )
                    return redirect(url_for("SignInView.login"))
                is_open = False
        status = 200 if is_open else 404
        return self.render_template(
            "account/reset.html", appbuilder=self.appbuilder, form=form, is_open=is_open
        ), status


class NewAddressPage(BaseView):
    """Confirming a new address."""

    route_base = "/new-address"
    default_view = "confirm"

    @expose("/<token>", methods=["GET", "POST"])
    @limit_tries
    @no_cache
    def confirm(self, token: str) -> Any:
        form = ButtonForm()
        found = links.find_link(token, links.EMAIL)
        if found is not None and form.validate_on_submit():
            member = resets.take_new_address(token)
            if member is not None:
                _note("address.change", member)
                logout_user()
                session.clear()
                flash(_("Your address is %(email)s from now on. Sign in with it.", email=member.email), "success")
                return redirect(url_for("SignInView.login"))
            found = None
        return self.render_template(
            "account/new_address.html", appbuilder=self.appbuilder, form=form, link=found
        ), 200 if found else 404
