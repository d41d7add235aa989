"""What is done with several rows of a list at once: they are ticked, one question names how many, each has its outcome.

The question is a page of its own (scripts open it as a dialog), whose address names the act and the rows. Rows that are
a stranger's, gone, or not the person's to change are as if they had not been ticked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import ObjectDeletedError

from app import audit
from app.languages import gettext as _
from app.languages import ngettext
from app.refusals import Refusal
from app.values import whole_number
from models import db
from views.listing import read_listing, rows_among
from views.questions import ask, is_answered

MAX_PICKED = 100  # at once; no list shows more on a page
N_NAMED = 5  # of those that were refused for the same reason; what is said next travels in a cookie


def may_edit(view: Any, row: Any) -> bool:
    return bool(view.may_edit(row))


@dataclass(frozen=True)
class BulkAct:
    """Something that can be done with several rows: `do` changes one, records it, and may refuse."""

    name: str
    label: Any
    picture: str
    question: Callable[[int], str]
    said: Callable[[int], str]
    do: Callable[[Any, Any, Any], None]  # view, row, form
    may: Callable[[Any, Any], bool] = may_edit  # view, row
    consequence: Any = ""
    form: Callable[[Sequence[Any]], Any] | None = None  # what is asked beside it
    after: Callable[[Sequence[Any]], None] | None = None  # once all that could be done is committed
    is_harmless: bool = True


def delete_row(view: Any, row: Any, _form: Any) -> None:
    """Delete a row of a generated screen, as its own button does."""
    view.remove(row)
    audit.record(f"{row.__tablename__}.delete", row)


class Selecting:
    """What a generated screen needs so that rows of its list can be ticked."""

    datamodel: Any
    endpoint: str
    bulk_acts: tuple[BulkAct, ...] = ()

    @expose("/selected", methods=["GET", "POST"])
    @has_access
    @permission_name("list")
    def selected(self) -> Any:
        rows = rows_among(self, read_picked())
        return run(self, chosen_act(self.bulk_acts), rows, self.back_to_list())

    def pickable(self, rows: Sequence[Any]) -> set[int]:
        """Return the ids of the rows with which the person may do something."""
        return {row.id for row in rows if any(act.may(self, row) for act in self.bulk_acts)}

    def back_to_list(self) -> str:
        """Return the address of the list that rows were ticked in."""
        return url_for(f"{self.endpoint}.list", **read_listing(self).kept)


def read_picked() -> list[int]:
    """Return the ids of the rows that were ticked."""
    numbers = (whole_number(word) for word in request.args.getlist("pick")[:MAX_PICKED])
    return [number for number in numbers if number is not None]


def chosen_act(acts: Sequence[BulkAct]) -> BulkAct | None:
    return next((act for act in acts if act.name == request.args.get("act")), None)


def run(view: Any, act: BulkAct | None, rows: Sequence[Any], back: str) -> Any:
    """Ask whether to do something with rows; do it once that is answered, and lead back to their list."""
    rows = [row for row in rows if act is not None and act.may(view, row)]
    if act is None or not rows:
        flash(_("Tick what it is about first. Nothing was changed."), "warning")
        return redirect(back)
    form = act.form(rows) if act.form else None
    if not is_answered(form):
        return ask(
            view, act.question(len(rows)), act.label, [(_("Back"), back)], consequence=act.consequence, form=form,
            picture=act.picture, is_harmless=act.is_harmless,
        )  # fmt: skip
    _carry_out(view, act, rows, form)
    return redirect(back)


def _carry_out(view: Any, act: BulkAct, rows: Sequence[Any], form: Any) -> None:
    """Do it row by row, each in a transaction of its own; say what became of them."""
    done, refused = list[Any](), defaultdict[str, list[str]](list)
    for row in rows:
        try:
            name = view.name_of(row)
            reason = _attempt(act, view, row, form)
        except ObjectDeletedError:
            db.session.rollback()
            continue  # somebody else was faster
        if reason:
            refused[reason].append(name)
        else:
            done.append(row)
    if done:
        flash(act.said(len(done)), "success")
        if act.after:
            act.after(done)
    for reason, names in refused.items():
        flash(f"{_list_names(names)}: {reason}", "danger")


def _attempt(act: BulkAct, view: Any, row: Any, form: Any) -> str:
    """Do it with one row; return why that was refused, if it was."""
    try:
        act.do(view, row, form)
        db.session.commit()
    except Refusal as refused:
        db.session.rollback()
        return str(refused)
    except IntegrityError:
        db.session.rollback()
        return _("Other rows still need it.")
    return ""


def _list_names(names: Sequence[str]) -> str:
    more = len(names) - N_NAMED
    shown = ", ".join(name[:80] for name in names[:N_NAMED])
    return shown if more <= 0 else ngettext("%(names)s and one more", "%(names)s and %(num)s more", more, names=shown)
