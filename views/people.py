"""People of the whole installation, for staff: found, helped in, shut out, and given platform roles."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from flask_appbuilder.models.filters import BaseFilter
from wtforms import SelectField

from app import audit
from app.accounts import platform_roles, signup
from app.accounts.members import known_as
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.wording import word
from models import Member
from models.base import db
from views.base import Screen, table
from views.columns import moment, status_badge, yes_no
from views.questions import Act, ask, is_answered
from views.selected import BulkAct


class RoleForm(DynamicForm):
    """A platform role, of those that may be given."""

    role = SelectField(_l("Platform role"))


class KnownBy(BaseFilter):
    """People by name or e-mail."""

    def apply(self, query: Any, value: str) -> Any:
        return query.filter(known_as(value))


def _may_switch(person: Member, present: str) -> bool:
    return person.status == present and person.verified and platform_roles.may_change(standing(), person)


class MemberView(Screen):
    """Nobody changes an equal, a superior or themselves; superadmins alone change superadmins."""

    datamodel = table(Member)
    list_title, show_title = _l("People"), _l("Person")
    list_columns = ["name", "email", "platform_role", "verified", "status", "last_login"]
    show_columns = ["name", "email", "platform_role", "verified", "status", "created_at", "last_login"]
    add_columns = edit_columns = ["status"]
    search_columns = ["email", "status"]
    search_filter, search_label = KnownBy, _l("Search by name or e-mail")
    filter_choices = {"status": ("enabled", "disabled", "deleted")}
    label_columns = {"email": _l("E-mail"), "platform_role": _l("Platform role"), "verified": _l("E-mail confirmed")}
    file_columns, holds_people = show_columns, True
    bulk_acts = (
        BulkAct(
            "disable", _l("Disable"), "minus",
            lambda n: ngettext("Disable %(num)s person?", "Disable %(num)s people?", n),
            lambda n: ngettext("%(num)s person is disabled.", "%(num)s people are disabled.", n),
            lambda _view, person, _form: platform_roles.switch(standing(), person, "disabled"),
            may=lambda _view, person: _may_switch(person, "enabled"), is_harmless=False,
            consequence=_l("Every device of theirs is signed out at once."),
        ),
        BulkAct(
            "enable", _l("Enable"), "check",
            lambda n: ngettext("Enable %(num)s person?", "Enable %(num)s people?", n),
            lambda n: ngettext("%(num)s person is enabled.", "%(num)s people are enabled.", n),
            lambda _view, person, _form: platform_roles.switch(standing(), person, "enabled"),
            may=lambda _view, person: _may_switch(person, "disabled"), consequence=_l("They can sign in again."),
        ),
    )  # fmt: skip
    picture = "people"
    order_columns = ["email", "status", "created_at", "last_login"]
    also_loads = ("roles",)  # of which `platform_role` is made
    base_permissions = ["can_list", "can_show", "can_switch", "can_give_role", "can_resend"]
    formatters_columns = {
        "status": status_badge, "created_at": moment, "verified": yes_no, "last_login": moment,
    }  # fmt: skip

    def name_of(self, item: Any) -> str:
        return str(item.name)

    def acts_on(self, item: Any) -> list[Act]:
        if item.status == "deleted" or not platform_roles.may_change(standing(), item):
            return []
        shown = [Act(_("Change platform role"), "edit", url_for("MemberView.give_role", pk=item.id))]
        if not item.verified:
            shown.append(Act(_("Send the confirmation again"), "mail", url_for("MemberView.resend", pk=item.id)))
        else:
            verb, picture = (_("Disable"), "minus") if item.status == "enabled" else (_("Enable"), "check")
            shown.append(Act(verb, picture, url_for("MemberView.switch", pk=item.id)))
        return shown

    @expose("/switch/<pk>", methods=["GET", "POST"])
    @has_access
    def switch(self, pk: str) -> Any:
        person = self._find_below(pk)
        is_on = person.status == "enabled"
        if not is_answered():
            words = _("Every device of theirs is signed out at once.") if is_on else _("They can sign in again.")
            verb, picture = (_("Disable"), "minus") if is_on else (_("Enable"), "check")
            return self._question(person, f"{verb} {person.name}?", verb, consequence=words, picture=picture)
        platform_roles.switch(standing(), person, "disabled" if is_on else "enabled")
        said = _("%(name)s is disabled.", name=person.name) if is_on else _("%(name)s is enabled.", name=person.name)
        return self._done(person, said)

    @expose("/role/<pk>", methods=["GET", "POST"])
    @has_access
    def give_role(self, pk: str) -> Any:
        person = self._find_below(pk)
        form = RoleForm(data={"role": person.platform_role})
        form.role.choices = list(platform_roles.roles_to_give(standing()))
        if not is_answered(form):
            words = _("Staff sell and care for customers, support reads chats of customers who ask for help.")
            question = _("Change the platform role of %(name)s?", name=person.name)
            return self._question(person, question, _("Change"), consequence=words, form=form, picture="edit")
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
            return self._question(
                person, _("Send %(name)s a new link?", name=person.name), _("Send"), consequence=words, picture="mail"
            )
        signup.send_verification(person)
        audit.record("member.verification-again", person)
        return self._done(person, _("A mail to %(email)s is on its way.", email=person.email))

    def _find_below(self, pk: str) -> Member:
        person: Member = self._find(pk)
        if person.status == "deleted" or not platform_roles.may_change(standing(), person):
            abort(403)
        return person

    def _question(self, person: Member, question: str, verb: str, **words: Any) -> Any:
        is_harmless = verb != "Disable"
        return ask(self, question, verb, self.trail(person), is_harmless=is_harmless, **words)

    def _done(self, person: Member, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(self.trail(person)[-1][1])
