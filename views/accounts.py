"""Pages for people who are not signed in yet: sign-up, confirming an address, accepting an invitation.

Links in mails only show a page with a button: what a mail scanner opens changes nothing.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.forms import DynamicForm
from flask_login import current_user
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import Email, InputRequired, Length

from app import audit, mail
from app.accounts import admission, invitations, passwords, signup, terms
from app.accounts.addresses import AddressError
from app.accounts.admission import NotAdmitted
from app.caller import limit_tries
from app.collaborators import here
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.signin import enter
from models import Member
from models.base import db

SIGN_UP = "sign_up"  # where a browser keeps the mark of the sign-up that it made


class SignUpForm(DynamicForm):
    """Name, address and password of a new member."""

    name = StringField(
        _l("Your name"), validators=[InputRequired(), Length(max=120)], render_kw={"autocomplete": "name"}
    )
    email = EmailField(
        _l("E-mail"), validators=[InputRequired(), Email(), Length(max=320)], render_kw={"autocomplete": "username"}
    )
    password = PasswordField(
        _l("Password"),
        description=_l("12 characters or more"),
        validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )


class NewPasswordForm(DynamicForm):
    """The password of somebody whose address a link proves."""

    password = PasswordField(
        _l("Choose a password"),
        description=_l("12 characters or more"),
        validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )


class AcceptForm(DynamicForm):
    """What an invitation does not know yet."""

    name = StringField(
        _l("Your name"), validators=[InputRequired(), Length(max=120)], render_kw={"autocomplete": "name"}
    )
    password = PasswordField(
        _l("Choose a password"),
        description=_l("12 characters or more"),
        validators=[InputRequired(), Length(max=1024)],
        render_kw={"autocomplete": "new-password"},
    )


class ConfirmForm(DynamicForm):
    """A button."""


class SignUpPage(BaseView):
    """Sign-up: the answer is the same for known and unknown addresses."""

    route_base = "/sign-up"
    default_view = "sign_up"

    @expose("/", methods=["GET", "POST"])
    @limit_tries
    def sign_up(self) -> Any:
        if not admission.is_open():
            status = 403 if request.method == "POST" else 200
            return self.render_template("accounts/closed.html", appbuilder=self.appbuilder), status
        form = SignUpForm()
        if form.validate_on_submit():
            try:
                session[SIGN_UP] = signup.sign_up(form.name.data, form.email.data, form.password.data)
            except passwords.PasswordError as error:
                form.password.errors = [str(error)]
            except (AddressError, NotAdmitted) as error:
                form.email.errors = [str(error)]
            else:
                db.session.commit()
                words = {"email": form.email.data, "has_server": mail.has_server()}
                return self.render_template("accounts/check_mail.html", appbuilder=self.appbuilder, **words)
        return self.render_template(
            "accounts/sign_up.html", form=form, domains=here().config.sign_up_domains, terms=terms.find_present(),
            appbuilder=self.appbuilder,
        )  # fmt: skip


class VerifyPage(BaseView):
    """Confirming an address."""

    route_base = "/verify"
    default_view = "verify"

    @expose("/<token>", methods=["GET", "POST"])
    @limit_tries
    def verify(self, token: str) -> Any:
        found, mark = signup.find_verification(token), session.get(SIGN_UP, "")
        form = ConfirmForm() if found is None or signup.is_own(found, mark) else NewPasswordForm()
        if found is not None and form.validate_on_submit():
            audit.set_actor(found.user_id)
            try:
                member = signup.verify(token, mark, form.data.get("password", ""))
            except passwords.PasswordError as error:
                form.password.errors = [str(error)]
            else:
                if member is not None:
                    return self._confirmed(member)
                found = None
        status = 404 if found is None else 200 if request.method == "GET" else 400
        return self.render_template("accounts/verify.html", form=form, found=found, appbuilder=self.appbuilder), status

    def _confirmed(self, member: Member) -> Any:
        """Sign the member in at once: this browser knows the password, and the link has proven the address."""
        audit.record("address.confirm", member)
        if not current_user.is_authenticated:
            enter(member)
        db.session.commit()
        return redirect(url_for("HomeView.index"))


class AcceptPage(BaseView):
    """Accepting an invitation, as a member or as somebody new."""

    route_base = "/invitation"
    default_view = "accept"

    @expose("/<token>", methods=["GET", "POST"])
    @limit_tries
    def accept(self, token: str) -> Any:
        offer = invitations.find_offer(token)
        if offer is None:
            return self._over()
        form = ConfirmForm() if offer.is_member else AcceptForm()
        if offer.is_member and not self._is_signed_in_as(offer.email):
            return self.render_template("accounts/accept.html", offer=offer, form=None, appbuilder=self.appbuilder)
        if form.validate_on_submit() and (accepted := self._accept(token, offer, form)) is not None:
            if not accepted:
                return self._over()
            return redirect(url_for("HomeView.index") if offer.is_member else url_for("SignInView.login"))
        return self.render_template("accounts/accept.html", offer=offer, form=form, appbuilder=self.appbuilder)

    def _is_signed_in_as(self, email: str) -> bool:
        return bool(current_user.is_authenticated and current_user.email == email)

    def _over(self) -> Any:
        return self.render_template("accounts/accept.html", offer=None, form=None, appbuilder=self.appbuilder), 404

    def _accept(self, token: str, offer: invitations.Offer, form: Any) -> bool | None:
        """Tell whether the seat is theirs; False: somebody was faster; None: the form says what is wrong."""
        try:
            if offer.is_member:
                taken = invitations.accept(token, current_user.id)
            else:
                taken = invitations.accept_as_new(token, form.name.data, form.password.data)
        except passwords.PasswordError as error:
            form.password.errors = [str(error)]
            return None
        if taken is None:
            db.session.rollback()
            return False
        audit.set_actor(taken.member.id)
        audit.record("invitation.accept", taken)
        db.session.commit()
        flash(
            _("Welcome to %(name)s.", name=offer.service_name)
            if offer.is_member
            else _("Welcome to %(name)s. Sign in to begin.", name=offer.service_name),
            "success",
        )
        return True
