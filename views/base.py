"""What all generated screens share: rows behind the wall, rights from the permissions table, no state of a request.

FAB keeps the filters of a request on the view, which all threads share, and turns every exception of a form into a
flash message. Both are replaced here: filters are made anew for each request, and a refused write is a 403 or 404.
"""

from __future__ import annotations

from typing import Any

from flask import abort, flash, request
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.filters import FilterInFunction
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.urltools import get_filter_args, get_order_args
from sqlalchemy.exc import IntegrityError

from app import audit
from app.caller import standing
from app.refusals import Refusal
from models import db

MAX_ID = 2**63 - 1
MAX_PAGE = 1_000_000


class Refused(Refusal):
    """What was entered can't be done; the message is shown above the form, which keeps what was typed."""


class Screen(ModelView):
    """A generated screen. Every form names its columns: what no form shows can't be posted."""

    page_size = 25
    edit_action = ""  # the right in a workspace that adding, changing and deleting ask for; empty: the platform role
    empty_words = "Nothing here yet."  # what an empty list says
    delete_words = ""  # what deleting means, said before it is done

    # FAB's side doors: bulk actions that no screen has, and files that are not ours
    exclude_route_methods = {"action", "action_post", "download"}

    def __init__(self, **kwargs: Any) -> None:
        if self.base_permissions is not None:  # what nobody may do has no address
            self.include_route_methods = {name.removeprefix("can_") for name in self.base_permissions}
        super().__init__(**kwargs)
        self.extra_args = {"view": self}

    def workspace_of(self, item: Any) -> int | None:
        """Return the workspace in which the right to change `item` is asked for."""
        chosen = item.__dict__.get("workspace")  # what a form has just put there; the id follows with the flush
        workspace_id: int | None = chosen.id if chosen is not None else getattr(item, "workspace_id", None)
        return workspace_id

    def may_edit(self, item: Any) -> bool:
        return not self.edit_action or standing().may(self.edit_action, self.workspace_of(item))

    def may_add(self) -> bool:
        """Tell whether there is anywhere that the person may add one."""
        return not self.edit_action or standing().may_anywhere(self.edit_action)

    def prepare_new(self, item: Any) -> None:
        """Complete a row that a form has filled; before the right to add it is asked for."""

    def prepare_change(self, item: Any) -> None:
        """Complete a changed row."""

    def remove(self, item: Any) -> None:
        """Delete a row; soft where the table has a status or `deleted_at`."""
        db.session.delete(item)

    def _find(self, pk: Any) -> Any:
        text = str(pk)
        known = text.isascii() and text.isdigit() and int(text) <= MAX_ID
        item = self.datamodel.get(int(text), self._base_filters) if known else None
        return item or abort(404)

    def _require_right(self, item: Any) -> None:
        if not self.may_edit(item):
            db.session.rollback()
            abort(403)

    def _list(self, **kwargs: Any) -> Any:
        name = type(self).__name__
        filters = self.datamodel.get_filters(self.search_columns)
        try:
            get_filter_args(filters)
        except (IndexError, ValueError):
            abort(400)
        column, direction = get_order_args().get(name) or ("", "")
        return self._get_list_widget(
            filters=filters,
            order_column=column if column in self.order_columns else "",
            order_direction="desc" if direction == "desc" else "asc",
            page=_number(f"page_{name}", 0, MAX_PAGE),
            page_size=max(1, _number(f"psize_{name}", self.page_size, 100)),
            view=self,
            **kwargs,
        )

    def _show(self, pk: Any) -> Any:
        return self._get_show_widget(pk, self._find(pk))

    def _add(self) -> Any:
        if not self.may_add():
            abort(403)
        form = self.add_form.refresh()
        if request.method == "POST" and form.validate() and self._store_new(form):
            return None
        return self._get_add_widget(form=form)

    def _edit(self, pk: Any) -> Any:
        item = self._find(pk)
        self._require_right(item)
        if request.method != "POST":
            return self._get_edit_widget(form=self.edit_form.refresh(obj=item))
        form = self.edit_form.refresh(request.form)
        form._id = item.id  # noqa: SLF001 - FAB's own way to tell its uniqueness check which row this is
        if form.validate() and self._store_change(form, item):
            return None
        return self._get_edit_widget(form=form)

    def _delete(self, pk: Any) -> None:
        item = self._find(pk)
        self._require_right(item)
        name = str(item)
        if self._commit(f"{item.__tablename__}.delete", item, self.remove):
            flash(f"{name} is deleted.", "success")

    def _store_new(self, form: Any) -> bool:
        item = self.datamodel.obj()
        with db.session.no_autoflush:
            form.populate_obj(item)

        def complete(row: Any) -> None:
            with db.session.no_autoflush:
                self.prepare_new(row)
                self._require_right(row)
            db.session.add(row)

        return self._commit(f"{item.__tablename__}.add", item, complete, "Saved.")

    def _store_change(self, form: Any, item: Any) -> bool:
        def complete(row: Any) -> None:
            with db.session.no_autoflush:
                form.populate_obj(row)
                self.prepare_change(row)
                self._require_right(row)  # also where the row was moved to

        return self._commit(f"{item.__tablename__}.edit", item, complete, "Saved.")

    def _commit(self, action: str, item: Any, change: Any, said: str = "") -> bool:
        try:
            change(item)
            db.session.flush()
            audit.record(action, item)
            db.session.commit()
        except Refusal as refused:
            db.session.rollback()
            flash(str(refused), "danger")
            return False
        except IntegrityError:
            db.session.rollback()
            flash(
                "Something with the same name or address exists already, or other rows still need this one.", "danger"
            )
            return False
        if said:
            flash(said, "success")
        return True


def _number(name: str, default: int, highest: int) -> int:
    """Read a number from the address; anything else is the default."""
    text = request.args.get(name, "")
    return min(int(text[:12]), highest) if text.isascii() and text.isdigit() else default


def workspaces_where(action: str) -> list[Any]:
    """Return FAB's query filter for a workspace field: only those in which the person may do `action`."""
    return [["id", FilterInFunction, lambda: standing().workspaces_where(action)]]


def rows_where(action: str, column: str = "workspace_id") -> list[Any]:
    """Return FAB's base filter for a list: only rows of workspaces in which the person may do `action`."""
    return [[column, FilterInFunction, lambda: standing().workspaces_where(action)]]


def table(model: type[Any]) -> SQLAInterface:
    return SQLAInterface(model, db.session)
