"""Asking before something is done: on a page of its own, which scripts open as a dialog over the page before."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import request
from flask_appbuilder.forms import DynamicForm
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from app.languages import lazy_gettext as _l


class Act(NamedTuple):
    """Something that can be done with a row: a button that leads to the page which asks and does it."""

    label: str
    picture: str
    address: str
    is_main: bool = False


class ReasonForm(DynamicForm):
    """Why something is done to a customer."""

    reason = TextAreaField(_l("Reason"), validators=[DataRequired(), Length(max=2000)])


def is_answered(form: Any = None) -> bool:
    """Tell whether the button was pressed, and what was entered beside it can be used."""
    return request.method == "POST" and (form is None or form.validate())


def ask(view: Any, question: str, verb: str, trail: list[tuple[str, str]], **words: Any) -> Any:
    """Show a question.

    `words`: consequence, form and what was `seen` of it, title where it is not the verb, picture, dismiss, and
    is_harmless where nothing is lost by it.
    """
    status = 400 if request.method == "POST" else 200
    page = {"question": question, "verb": verb, "trail": trail, "consequence": "", **words}
    return view.render_template("confirm.html", appbuilder=view.appbuilder, **page), status
