"""People of the whole installation, for staff: invited, found, helped in, suspended, and given platform roles."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.filters import BaseFilter
from wtforms import EmailField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length

from app import audit
from app.accounts import platform_roles, signup, suspending
from app.accounts.addresses import AddressError
from app.accounts.members import known_as
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.refusals import Refusal
from app.wording import word, words
from models import Member
from models.base import db
from views.base import Screen, table
from views.columns import moment, status_badge
from views.questions import Act, ReasonForm, ask, is_answered
from views.selected import BulkAct


class RoleForm(DynamicForm):
    """A platform role, of those that may be given."""

    role = SelectField(_l("Platform role"))


class InviteForm(DynamicForm):
    """Who is asked to come."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=120)])
    email = EmailField(_l("E-mail"), validators=[InputRequired(), Email(), Length(max=320)])


class KnownBy(BaseFilter):
    """People by name or e-mail."""

    def apply(self, query: Any, value: str) -> Any:
        return query.filter(known_as(value))


def _may_switch(person: Member, present: str) -> bool:
    return person.status == present and person.verified and platform_roles.may_change(standing(), person)


class MemberView(Screen):
    """Nobody changes an equal, a superior or themselves; superadmins alone change superadmins."""

    datamodel = table(Member)
    list_title, show_title, add_title = _l("People"), _l("Person"), _l("Invite somebody")
    list_columns = ["name", "email", "platform_role", "verified", "status", "last_login"]
    show_columns = [
        "name", "email", "platform_role", "verified", "status", "suspended_for", "suspended_at", "created_at",
        "last_login",
    ]  # fmt: skip
    add_columns = edit_columns = ["status"]
    search_columns = ["email", "status"]
    search_filter, search_label = KnownBy, _l("Search by name or e-mail")
    filter_choices = {"status": ("enabled", "disabled", "deleted")}
    label_columns = {
        "email": _l("E-mail"), "platform_role": _l("Platform role"), "verified": _l("E-mail confirmed"),
        "suspended_for": _l("Suspended because"), "suspended_at": _l("Suspended"),
    }  # fmt: skip
    file_columns, holds_people = show_columns, True
    bulk_acts = (
        BulkAct(
            "suspend", _l("Suspend"), "minus",
            lambda n: ngettext("Suspend %(num)s person?", "Suspend %(num)s people?", n),
            lambda n: ngettext("%(num)s person is suspended.", "%(num)s people are suspended.", n),
            lambda _view, person, form: suspending.suspend(standing(), person, form.reason.data),
            may=lambda _view, person: _may_switch(person, "enabled"), is_harmless=False,
            form=lambda _rows: ReasonForm(),
            consequence=_l("Every device of theirs is signed out at once. They read the reason in a mail."),
        ),
        BulkAct(
            "lift", _l("Lift the suspension"), "check",
            lambda n: ngettext("Lift the suspension of %(num)s person?", "Lift the suspension of %(num)s people?", n),
            lambda n: ngettext("%(num)s person can sign in again.", "%(num)s people can sign in again.", n),
            lambda _view, person, _form: suspending.lift(standing(), person),
            may=lambda _view, person: _may_switch(person, "disabled"),
            consequence=_l("They can sign in again, and are told so by mail."),
        ),
    )  # fmt: skip
    picture = "people"
    order_columns = ["email", "status", "created_at", "last_login"]
    also_loads = ("roles",)  # of which `platform_role` is made
    base_permissions = ["can_list", "can_show", "can_add", "can_suspend", "can_lift", "can_give_role", "can_resend"]
    writers = {
        "status": lambda person: status_badge("suspended" if person.is_suspended else person.status),
        "platform_role": lambda person: words(person.platform_role.lower()),
        "verified": lambda one: status_badge("verified", _("Confirmed")) if one.verified else status_badge("pending"),
    }  # fmt: skip
    formatters_columns = {"created_at": moment, "suspended_at": moment, "last_login": moment}

    def name_of(self, item: Any) -> str:
        return str(item.name)

    def acts_on(self, item: Any) -> list[Act]:
        if item.status == "deleted" or not platform_roles.may_change(standing(), item):
            return []
        shown = [Act(_("Change platform role"), "edit", url_for("MemberView.give_role", pk=item.id))]
        if not item.verified:
            shown.append(Act(_("Send the confirmation again"), "mail", url_for("MemberView.resend", pk=item.id)))
        else:
            act, verb, picture = ("suspend", _("Suspend"), "minus")
            if item.is_suspended:
                act, verb, picture = ("lift", _("Lift the suspension"), "check")
            shown.append(Act(verb, picture, url_for(f"MemberView.{act}", pk=item.id)))
        return shown

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """Invite somebody to an account of their own: the only way in where sign-up is by invitation."""
        form = InviteForm()
        if is_answered(form):
            try:
                return self._done(*self._invite(form))
            except (Refusal, AddressError) as error:
                db.session.rollback()
                form.email.errors = [str(error)]
        words = _("They get a mail with a link that works for 7 days, choose a password, and have a free service.")
        return ask(
            self, _("Invite somebody?"), _("Invite"), self.trail(), consequence=words, form=form, picture="mail",
            is_harmless=True,
        )  # fmt: skip

    def _invite(self, form: InviteForm) -> tuple[Member, str]:
        person = signup.invite(form.name.data, form.email.data)
        audit.record("member.invite", person)
        return person, _("A mail to %(email)s is on its way.", email=person.email)

    @expose("/suspend/<pk>", methods=["GET", "POST"])
    @has_access
    def suspend(self, pk: str) -> Any:
        person, form = self._find_below(pk), ReasonForm()
        if not is_answered(form):
            words = _(
                "Every device of theirs is signed out at once, and keys of the API that they made open nothing. They "
                "read the reason in a mail. Services that they hold go on: suspend those by themselves."
            )
            question = _("Suspend %(name)s?", name=person.name)
            return self._question(person, question, _("Suspend"), consequence=words, form=form, picture="minus")
        suspending.suspend(standing(), person, form.reason.data)
        return self._done(person, _("%(name)s is suspended.", name=person.name))

    @expose("/lift/<pk>", methods=["GET", "POST"])
    @has_access
    def lift(self, pk: str) -> Any:
        person = self._find_below(pk)
        if not is_answered():
            question = _("Lift the suspension of %(name)s?", name=person.name)
            words = _("They can sign in again, and are told so by mail.")
            return self._question(person, question, _("Lift it"), consequence=words, picture="check", is_harmless=True)
        suspending.lift(standing(), person)
        return self._done(person, _("The suspension is lifted."))

    @expose("/role/<pk>", methods=["GET", "POST"])
    @has_access
    def give_role(self, pk: str) -> Any:
        person = self._find_below(pk)
        form = RoleForm(data={"role": person.platform_role})
        form.role.choices = [(role, words(role.lower())) for role in platform_roles.roles_to_give(standing())]
        if not is_answered(form):
            consequence = _("Staff sell and care for customers, support reads chats of customers who ask for help.")
            question = _("Change the platform role of %(name)s?", name=person.name)
            return self._question(
                person, question, _("Change"), consequence=consequence, form=form, picture="edit", is_harmless=True
            )
        platform_roles.give_role(standing(), person, form.role.data)
        return self._done(person, _("%(name)s is %(role)s now.", name=person.name, role=word(form.role.data.lower())))

    @expose("/resend/<pk>", methods=["GET", "POST"])
    @has_access
    def resend(self, pk: str) -> Any:
        person = self._find_below(pk)
        if person.verified:
            abort(409)
        if not is_answered():
            words = _("The link in it works for 24 hours. Without a mail server it is kept among the mails.")
            question = _("Send %(name)s a new link?", name=person.name)
            return self._question(person, question, _("Send"), consequence=words, picture="mail", is_harmless=True)
        signup.send_verification(person)
        audit.record("member.verification-again", person)
        return self._done(person, _("A mail to %(email)s is on its way.", email=person.email))

    def _find_below(self, pk: str) -> Member:
        person: Member = self._find(pk)
        if person.status == "deleted" or not platform_roles.may_change(standing(), person):
            abort(403)
        return person

    def _question(self, person: Member, question: str, verb: str, **words: Any) -> Any:
        return ask(self, question, verb, self.trail(person), **words)

    def _done(self, person: Member, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(self.trail(person)[-1][1])
