"""Inviting people into workspaces, and their invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.forms import DynamicForm
from sqlalchemy import select
from wtforms import EmailField
from wtforms.validators import Email, InputRequired, Length

from app import audit
from app.accounts import invitations
from app.accounts.invitations import Outcome
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.refusals import Refusal
from models import Invitation, Service, Workspace
from models.base import db
from models.workspaces import WORKSPACE_ROLES
from views.base import Screen, rows_where, table
from views.columns import delivery, moment, status_badge
from views.selected import BulkAct, delete_row


class InviteForm(DynamicForm):
    """Whom; the roles in each workspace stand beside it."""

    email = EmailField(_l("E-mail"), validators=[InputRequired(), Email(), Length(max=320)])


def _open_workspaces() -> list[Workspace]:
    """Return the workspaces that the person may invite into, service by service."""
    ids = standing().workspaces_where("people.edit")
    query = select(Workspace).where(Workspace.id.in_(ids), Workspace.deleted_at.is_(None))
    return list(db.session.scalars(query.order_by(Workspace.service_id, Workspace.id)))


def _chosen(workspaces: list[Workspace]) -> dict[int, str]:
    """Read the roles from the form, of workspaces that the person may invite into and no others."""
    roles = {found.id: request.form.get(f"role-{found.id}", "") for found in workspaces}
    return {workspace_id: role for workspace_id, role in roles.items() if role}


def _service_of(workspaces: list[Workspace], chosen: dict[int, str]) -> Service:
    services = {found.service_id: found.service for found in workspaces if found.id in chosen}
    if len(services) != 1:
        raise Refusal(_("Choose at least one workspace, all of one service."))
    return next(iter(services.values()))


class InvitationView(Screen):
    """Seats offered by e-mail, for seven days."""

    datamodel = table(Invitation)
    edit_action = "people.edit"
    list_title, show_title, add_title = _l("Invitations"), _l("Invitation"), _l("Invite somebody")
    show_template = "team/invitation.html"
    list_columns = ["email", "offers", "status", "created_at", "expired_at"]
    show_columns = [*list_columns, "delivery", "invited_by", "accepted_at"]
    add_columns = edit_columns = ["email"]
    search_columns = ["email", "status", "workspace"]
    order_columns = ["email", "status", "created_at", "expired_at"]
    base_permissions = ["can_list", "can_show", "can_add", "can_delete", "can_resend"]
    base_filters = rows_where("people.view")
    label_columns = {
        "email": _l("E-mail"), "offers": _l("Workspaces"), "created_at": _l("Invited"), "expired_at": _l("Ends"),
        "accepted_at": _l("Accepted"), "delivery": _l("Delivery"),
    }  # fmt: skip
    formatters_columns = {"created_at": moment, "accepted_at": moment}
    writers = {
        "status": lambda row: status_badge(row.state),
        "delivery": lambda row: delivery(row.mails[-1] if row.mails else None),
        "expired_at": lambda row: moment(row.expired_at if row.status == "pending" else None),
    }  # fmt: skip
    file_writers, holds_people = {"status": lambda row: row.state}, True
    filter_choices = {"status": ("pending", "accepted", "revoked")}
    bulk_acts = (
        BulkAct(
            "withdraw", _l("Withdraw"), "x",
            lambda n: ngettext("Withdraw %(num)s invitation?", "Withdraw %(num)s invitations?", n),
            lambda n: ngettext("%(num)s invitation is withdrawn.", "%(num)s invitations are withdrawn.", n),
            delete_row, may=lambda view, row: row.status == "pending" and view.may_edit(row), is_harmless=False,
            consequence=_l("The links in their mails stop working at once."),
        ),
    )  # fmt: skip
    picture = "mail"
    delete_question = _l("Withdraw invitation %(name)s?")
    delete_verb, deleted_words = _l("Withdraw"), _l("Withdrawn")
    empty_words = _l("Invite colleagues by e-mail: they choose a password and are in.")
    delete_words = _l("The link in the mail stops working at once.")

    def name_of(self, item: Any) -> str:
        return str(item.email)

    def prepare_rows(self, rows: Any) -> None:
        offers = invitations.offers_of(rows)
        for row in rows:
            row.offers = offers[row.id]

    def may_edit(self, item: Any) -> bool:
        """Ask for the right in every workspace that the invitation opens."""
        return all(standing().may(self.edit_action, workspace_id) for workspace_id in item.places)

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        if not self.may_add():
            abort(403)
        form, workspaces = InviteForm(), _open_workspaces()
        chosen, inviter_id = _chosen(workspaces), standing().member_id
        if form.validate_on_submit() and self._act(
            lambda: invitations.invite(_service_of(workspaces, chosen), form.email.data, chosen, inviter_id)
        ):
            return redirect(url_for("InvitationView.list"))
        return self.render_template(
            "team/invite.html", appbuilder=self.appbuilder, form=form, workspaces=workspaces, chosen=chosen,
            roles=WORKSPACE_ROLES, n_services=len({found.service_id for found in workspaces}),
        )  # fmt: skip

    @expose("/resend/<pk>", methods=["POST"])
    @has_access
    def resend(self, pk: str) -> Any:
        item = self._find(pk)
        self._require_right(item)
        self._act(lambda: invitations.resend(item, standing().member_id))
        return redirect(url_for("InvitationView.list"))

    def remove(self, item: Any) -> None:
        invitations.revoke(item)

    def _act(self, work: Callable[[], Outcome]) -> bool:
        """Invite or send again, write it down, and say what came of it."""
        try:
            done = work()
        except Refusal as refused:
            return self._refuse(str(refused))
        audit.record(f"{done.row.__tablename__}.invite", done.row)
        db.session.commit()
        if done.link:
            flash(
                _("No mail server is set up. Give this link to whom you invited: %(link)s", link=done.link), "warning"
            )
        else:
            flash(done.said, "success")
        return True
