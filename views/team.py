"""Services, workspaces, the people in them, and leaving."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_appbuilder import expose, has_access
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.filters import FilterEqual, FilterInFunction
from sqlalchemy import or_, select
from wtforms import SelectField

from app.accounts import leaving
from app.accounts.members import known_as
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazily, ngettext
from app.languages import lazy_gettext as _l
from app.plans import quotas
from app.wording import words
from models import Member, Service, Workspace, WorkspaceMember
from models.workspaces import WORKSPACE_ROLES
from views.base import Refused, Screen, rows_where, table
from views.buying import may_open
from views.columns import moment, status_badge
from views.questions import Act
from views.selected import BulkAct, delete_row

ROLE_CHOICES = [(role, lazily(words, role)) for role in WORKSPACE_ROLES]


class ServiceFilter(BaseFilter):
    """Services by their name, or by their holder's name or e-mail."""

    def apply(self, query: Any, value: str) -> Any:
        holders = select(Member.id).where(known_as(value))
        return query.filter(or_(Service.name.icontains(value, autoescape=True), Service.holder_id.in_(holders)))


class ServiceView(Screen):
    """What was bought. Members read theirs; staff see all, and care for one on its own page."""

    datamodel = table(Service)
    list_title, show_title, edit_title = _l("Services"), _l("Service"), _l("Change service")
    list_columns = ["name", "plan", "status", "created_at", "expired_at"]
    show_columns = ["name", "uuid", "plan", "holder", "status", "created_at", "expired_at"]
    edit_columns = ["name"]
    add_columns = ["name"]
    base_filters = [["arriving_at", FilterEqual, None]]
    search_columns = ["name", "status"]
    search_filter, search_label = ServiceFilter, _l("Search by name or holder")
    base_permissions = ["can_list", "can_show", "can_edit"]
    label_columns = {"expired_at": _l("Runs until"), "created_at": _l("Since")}
    filter_choices = {"status": ("enabled", "disabled")}
    file_columns = ["name", "uuid", "plan", "status", "created_at", "expired_at"]
    picture = "service"
    formatters_columns = {"created_at": moment, "expired_at": moment, "status": status_badge, "plan": words}

    def may_edit(self, _item: Any) -> bool:
        return standing().sells

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        """Lead to the service's own page those who may see what it bought; show the others its bare facts."""
        service = self._find(pk)
        if may_open(service):
            return redirect(url_for("ServicePage.show", service_uuid=service.uuid))
        return super().show(pk)


class WorkspaceView(Screen):
    """Groups of a service: people, domains and chatbots live in them."""

    datamodel = table(Workspace)
    edit_action = "workspace.edit"
    list_title, show_title, add_title, edit_title = (
        _l("Workspaces"),
        _l("Workspace"),
        _l("New workspace"),
        _l("Change workspace"),
    )
    list_columns = ["name", "service", "created_at"]
    show_columns = ["name", "service", "created_at"]
    add_columns = ["name", "service"]
    edit_columns = ["name"]
    add_form_query_rel_fields = {
        "service": [["id", FilterInFunction, lambda: standing().services_where("workspace.create")]]
    }
    search_columns = ["name"]
    base_filters = [["deleted_at", FilterEqual, None]]
    formatters_columns = {"created_at": moment}
    label_columns = {"created_at": _l("Since")}
    picture = "workspace"
    delete_question = _l("Delete workspace %(name)s?")
    empty_words = _l("A workspace holds chatbots, sources and the people who care for them.")
    delete_words = _l(
        "Only a workspace without chatbots can be deleted. Its people are taken out of it. Chats of chatbots that were "
        "deleted in it are kept until the day that was said then."
    )

    def acts_on(self, item: Any) -> list[Act]:
        if not standing().may("history.view", item.id):
            return []
        chats = url_for("HistoryPage.service", service_id=item.service_id, workspace=item.uuid)
        return [Act(_("Chats"), "history", chats)]

    def workspace_of(self, item: Any) -> int | None:
        workspace_id: int | None = item.id
        return workspace_id

    def may_edit(self, item: Any) -> bool:
        if item.id is None:
            return standing().may_in_service("workspace.create", item.service.id if item.service else None)
        return super().may_edit(item)

    def may_add(self) -> bool:
        return bool(standing().services_where("workspace.create"))

    def prepare_new(self, item: Any) -> None:
        quotas.make_room(item.service.id, "workspaces")

    def remove(self, item: Any) -> None:
        if leaving.is_in_use(item):
            raise Refused(_("This workspace still has chatbots: move or delete them first."))
        leaving.close_workspace(item)


class PersonFilter(BaseFilter):
    """Members by name or e-mail."""

    def apply(self, query: Any, value: str) -> Any:
        return query.filter(WorkspaceMember.user_id.in_(select(Member.id).where(known_as(value))))


class WorkspaceMemberView(Screen):
    """Who is in a workspace, as what."""

    datamodel = table(WorkspaceMember)
    edit_action = "people.edit"
    list_title, show_title, edit_title = _l("Members"), _l("Member"), _l("Change role")
    lead = _l("Who holds a service is an owner in all of its workspaces, and not listed here.")
    list_columns = ["member", "member.email", "workspace", "role", "created_at"]
    show_columns = list_columns
    add_columns = ["role"]
    edit_columns = ["role"]
    search_columns = ["role", "workspace"]
    search_filter, search_label = PersonFilter, _l("Search by name or e-mail")
    base_permissions = ["can_list", "can_show", "can_edit", "can_delete"]
    base_filters = rows_where("people.view")
    label_columns = {"member.email": _l("E-mail"), "created_at": _l("Since")}
    formatters_columns = {"created_at": moment, "role": words}
    holds_people = True
    bulk_acts = (
        BulkAct(
            "remove", _l("Remove"), "trash",
            lambda n: ngettext("Remove %(num)s member?", "Remove %(num)s members?", n),
            lambda n: ngettext("%(num)s member is removed.", "%(num)s members are removed.", n),
            delete_row, is_harmless=False,
            consequence=_l("They lose access with their next click. Invitations that they sent are withdrawn."),
        ),
    )  # fmt: skip
    filter_choices = {"role": WORKSPACE_ROLES}
    picture = "people"
    delete_question = _l("Remove member %(name)s?")
    delete_verb, deleted_words = _l("Remove"), _l("Removed")
    next_step = ("InvitationView.add", _l("Invite somebody"))
    edit_form_extra_fields = {"role": SelectField(_l("Role"), choices=ROLE_CHOICES)}
    empty_words = _l("Nobody is here but the holder of the service. Invite somebody.")
    delete_words = _l(
        "The person loses access with their next click. Invitations that they sent are withdrawn. Visitors' chats "
        "belong to the service and stay."
    )

    def name_of(self, item: Any) -> str:
        return _("%(name)s in %(workspace)s", name=item.member.name, workspace=item.workspace)

    def prepare_change(self, item: Any) -> None:
        leaving.follow_role(item)

    def remove(self, item: Any) -> None:
        leaving.remove_from_workspace(item)
