"""A form that is shown again because of what was entered is answered with 400, whichever page shows it."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, before_render_template, g
from flask_appbuilder.widgets import RenderTemplateWidget
from wtforms.form import BaseForm


def refuse() -> None:
    """Note that this request's form was not accepted, though no single field is to blame."""
    g.form_is_refused = True


def _forms_in(context: dict[str, Any]) -> Iterator[BaseForm]:
    """Yield the forms that a page is rendered with: its own, and those inside the toolkit's widgets."""
    for value in context.values():
        if isinstance(value, BaseForm):
            yield value
        elif isinstance(value, RenderTemplateWidget):
            yield from _forms_in(value.template_args)
        elif isinstance(value, dict):
            yield from _forms_in(value)


def _look_at_forms(_app: Flask, context: dict[str, Any], **_signal: Any) -> None:
    if any(form.errors for form in _forms_in(context)):
        refuse()


def _set_status(response: Response) -> Response:
    if response.status_code == HTTPStatus.OK and g.get("form_is_refused"):
        response.status_code = HTTPStatus.BAD_REQUEST
    return response


def install(app: Flask) -> None:
    before_render_template.connect(_look_at_forms, app)
    app.after_request(_set_status)
