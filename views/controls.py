"""Form controls as plain HTML elements: FAB dresses them for Bootstrap and select2, which are never sent."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup


def _plain(widget: Any) -> Any:
    """Return WTForms' own widget where FAB derived one of it."""
    is_of_fab = type(widget).__module__.startswith("flask_appbuilder.")
    own = (kind for kind in type(widget).__mro__ if kind.__module__.startswith("wtforms."))
    return next(own)() if is_of_fab else widget


def control(field: Any, described_by: str = "") -> Markup:
    """Return the element in which a field is filled in; help and errors are named to screen readers."""
    attributes = dict(field.render_kw or {})
    if described_by:
        attributes["aria-describedby"] = described_by
    if field.errors:
        attributes["aria-invalid"] = "true"
    rendered: Markup = _plain(field.widget)(field, **attributes)
    return rendered
