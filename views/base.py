"""What all generated screens share: rows behind the wall, rights from the permissions table, no state of a request.

FAB keeps the filters of a request on the view, which all threads share, and turns every exception of a form into a
flash message. Both are replaced here: filters are made anew for each request, and a refused write is a 403 or 404.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from flask import abort, flash, g, redirect, request, url_for
from flask_appbuilder import ModelView, expose, has_access
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.filters import FilterContains, FilterEqual, FilterInFunction
from sqlalchemy.exc import IntegrityError

from app import audit, refused_forms
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazily
from app.languages import lazy_gettext as _l
from app.refusals import Refusal
from app.values import whole_number
from app.wording import words
from models import Chatbot, db
from views.list_files import ListFile, ListTable
from views.listing import Narrowing, filters_of, read_listing
from views.meanwhile import FormValues, is_overtaken, seen
from views.questions import Act
from views.selected import Selecting


class Refused(Refusal):
    """What was entered can't be done; the message is shown above the form, which keeps what was typed."""


class Screen(ListFile, Selecting, ModelView):
    """A generated screen. Every form names its columns: what no form shows can't be posted."""

    page_size = 25
    edit_action = ""  # the right in a workspace that adding, changing and deleting ask for; empty: the platform role
    lead = ""  # one sentence below the heading of the list
    picture = "source"  # what an empty list shows, and says, and the endpoint and words of the one next step
    empty_words = _l("Nothing here yet.")
    next_step: tuple[str, str] | None = None
    search_filter: type[BaseFilter] = FilterContains  # how the words of a search are looked for
    search_label = ""  # what the search box says
    filter_choices: dict[str, tuple[str, ...]] = {}  # column -> values that the list can be narrowed to
    narrowings: tuple[Narrowing, ...] = ()  # further ways to narrow it, whose choices are looked up
    writers: dict[str, Callable[[Any], Any]] = {}  # column -> how it is written, where one value is not enough
    also_loads: tuple[str, ...] = ()  # relations that a list reads though none of its columns is called so
    delete_question = _l("Delete %(name)s?")
    delete_verb, deleted_words = _l("Delete"), _l("Deleted")
    delete_words = ""  # what deleting means, said before it is done

    # FAB's side doors: bulk actions and files that are not ours
    exclude_route_methods = {"action", "action_post", "download"}

    def __init__(self, **kwargs: Any) -> None:
        if self.base_permissions is not None:  # what nobody may do has no address
            named = {name.removeprefix("can_") for name in self.base_permissions}
            self.include_route_methods = named | {"export", *(["selected"] if self.bulk_acts else [])}
        elif not self.bulk_acts:
            self.exclude_route_methods = {*self.exclude_route_methods, "selected"}
        super().__init__(**kwargs)
        self.extra_args = {"view": self}
        shown = dict.fromkeys(name.partition(".")[0] for name in self.list_columns)
        self.datamodel.related = (*filter(self.datamodel.is_relation, shown), *self.also_loads)

    def _prettify_column(self, name: str) -> str:
        return lazily(words, name.replace(".", "_"))

    def workspace_of(self, item: Any) -> int | None:
        """Return the workspace in which the right to change `item` is asked for."""
        chosen = item.__dict__.get("workspace")  # what a form has just put there; the id follows with the flush
        workspace_id: int | None = chosen.id if chosen is not None else getattr(item, "workspace_id", None)
        return workspace_id

    def may_edit(self, item: Any) -> bool:
        if isinstance(item, Chatbot) and item.is_suspended:
            return standing().may_with(self.edit_action, item)
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

    def before_deletion(self, _item: Any) -> tuple[str, Any]:
        """Return what deleting a row means, and the form of what is asked beside it; None: nothing."""
        return self.delete_words, None

    def prepare_rows(self, rows: Any) -> None:
        """Load together what rows are shown with: those of a list, or the one of a page."""

    def name_of(self, item: Any) -> str:
        """Return what a row is called in headings and questions."""
        return str(item)

    def acts_on(self, _item: Any) -> list[Act]:
        """Return what can be done with a row beside editing and deleting it."""
        return []

    def trail(self, item: Any = None) -> list[tuple[str, str]]:
        """Return the pages above one of this screen, as names and addresses."""
        above = [(str(self.list_title), url_for(f"{self.endpoint}.list"))]
        if item is not None and self.offers("show"):
            above.append((self.name_of(item), url_for(f"{self.endpoint}.show", pk=item.id)))
        return above

    def offers(self, what: str, item: Any = None) -> bool:
        """Tell whether the person is shown a way to "show" or "add", or to "edit" or "delete" an item."""
        if f"can_{what}" not in self.base_permissions or not self._is_open(what):
            return False
        if what == "add":
            return self.may_add()
        return what == "show" or self.may_edit(item)

    def _is_open(self, what: str) -> bool:
        """Ask the platform role, once in a request."""
        known: dict[tuple[str, str], bool] = g.setdefault("open_screens", {})
        key = (self.endpoint, what)
        if key not in known:
            known[key] = self.appbuilder.sm.has_access(f"can_{what}", self.class_permission_name)
        return known[key]

    def cell(self, item: Any, column: str) -> Any:
        """Write one column of a row."""
        if column in self.writers:
            return self.writers[column](item)
        value = attrgetter(column)(item)
        write = self.formatters_columns.get(column)
        if write:
            return write(value)
        return "–" if value in (None, "") else value

    def _find(self, pk: Any) -> Any:
        number = whole_number(str(pk))
        item = None if number is None else self.datamodel.get(number, self._base_filters)
        return item or abort(404)

    def _require_right(self, item: Any) -> None:
        if not self.may_edit(item):
            db.session.rollback()
            abort(403)

    def _list(self) -> Any:
        listing = read_listing(self)
        column, direction = listing.order if listing.sort else self.base_order or ("", "")
        count, rows = self.datamodel.query(
            filters_of(self, listing), column, direction, page=listing.page - 1, page_size=listing.page_size
        )
        self.prepare_rows(rows)
        return {"list": self.list_widget(view=self, listing=listing, count=count, rows=rows)}

    def _show(self, pk: Any) -> Any:
        item = self._find(pk)
        self.prepare_rows([item])
        return {"item": item, "show": self.show_widget(view=self, item=item)}

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
            return self._edit_page(self.edit_form.refresh(obj=item), item)
        form = self.edit_form.refresh(request.form)
        form._id = item.id  # noqa: SLF001 - FAB's own way to tell its uniqueness check which row this is
        typed = FormValues(form)
        is_late = is_overtaken(item, lambda: self._values_of(item), typed, typed.labels)
        if not is_late and form.validate() and self._store_change(form, item):
            return None
        return self._edit_page(form, item)

    def _edit_page(self, form: Any, item: Any) -> Any:
        return self._get_edit_widget(form=form, widgets={"item": item, "seen": seen(self._values_of(item))})

    def _values_of(self, item: Any) -> FormValues:
        """Return what the form shows of a row as it is now."""
        return FormValues(self.edit_form(formdata=None, obj=item))

    @expose("/delete/<pk>", methods=["GET", "POST"])
    @has_access
    def delete(self, pk: Any) -> Any:
        """Ask on a page of its own; delete when its button is pressed."""
        item = self._find(pk)
        self._require_right(item)
        if request.method != "POST":
            return self._ask(item, *self.before_deletion(item))
        name = self.name_of(item)
        if self._commit(f"{item.__tablename__}.delete", item, self.remove, f"{self.deleted_words}: {name}."):
            return self.post_delete_redirect()
        return redirect(self.trail(item)[-1][1])

    def _ask(self, item: Any, consequence: str, form: Any = None) -> Any:
        question = str(self.delete_question) % {"name": self.name_of(item)}
        return self.render_template(
            "confirm.html", question=question, consequence=consequence, form=form, verb=self.delete_verb,
            trail=self.trail(item), appbuilder=self.appbuilder,
        )  # fmt: skip

    def post_add_redirect(self) -> Any:
        return redirect(self.trail()[-1][1])

    def post_edit_redirect(self) -> Any:
        return redirect(self.trail(self._find((request.view_args or {})["pk"]))[-1][1])

    post_delete_redirect = post_add_redirect

    def _store_new(self, form: Any) -> bool:
        item = self.datamodel.obj()
        with db.session.no_autoflush:
            form.populate_obj(item)

        def complete(row: Any) -> None:
            with db.session.no_autoflush:
                self.prepare_new(row)
                self._require_right(row)
            db.session.add(row)

        return self._commit(f"{item.__tablename__}.add", item, complete, _("Saved."))

    def _store_change(self, form: Any, item: Any) -> bool:
        def complete(row: Any) -> None:
            with db.session.no_autoflush:
                form.populate_obj(row)
                self.prepare_change(row)
                self._require_right(row)  # also where the row was moved to

        return self._commit(f"{item.__tablename__}.edit", item, complete, _("Saved."))

    def _commit(self, action: str, item: Any, change: Any, said: str = "") -> bool:
        try:
            change(item)
            db.session.flush()
            audit.record(action, item)
            db.session.commit()
        except Refusal as refused:
            return self._refuse(str(refused))
        except IntegrityError:
            return self._refuse(
                _("Something with the same name or address exists already, or other rows still need this one.")
            )
        if said:
            flash(said, "success")
        return True

    def _refuse(self, words: str) -> bool:
        db.session.rollback()
        flash(words, "danger")
        refused_forms.refuse()
        return False


def workspaces_where(action: str) -> list[Any]:
    """Return FAB's query filter for a workspace field: only those, not deleted, in which the person may do `action`."""
    mine = ["id", FilterInFunction, lambda: standing().workspaces_where(action)]
    return [mine, ["deleted_at", FilterEqual, None]]


def rows_where(action: str, column: str = "workspace_id") -> list[Any]:
    """Return FAB's base filter for a list: only rows of workspaces in which the person may do `action`."""
    return [[column, FilterInFunction, lambda: standing().workspaces_where(action)]]


def table(model: type[Any]) -> ListTable:
    return ListTable(model, db.session)
