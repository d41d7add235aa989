"""Two tabs, or two people, change the same row: whoever saves later is told what changed meanwhile, and may take over.

A form holds a mark of each of its values as it showed them. When it is sent, the marks are held against the row, which
nobody else writes until the end of the transaction. Of what changed meanwhile, fields that the person had not touched
show what stands now, and all that they typed is kept: the form is shown again, begun anew, and saving it takes over.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import flash, request
from markupsafe import Markup
from sqlalchemy import select, update
from wtforms import Field, Form, FormField

from app import refused_forms
from app.caller import standing
from app.languages import gettext as _
from app.template_filters import ago
from models import AuditEvent, db
from models.base import change

FIELD = "seen"
MAX_SHOWN = 60  # characters of a value that is told with its field
Values = Mapping[str, Any]


def seen(values: Values) -> Markup:
    """Return the hidden field of a form that shows `values`."""
    marks = urlencode({name: _mark(value) for name, value in values.items()})
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, marks)


def is_overtaken(
    row: Any, read: Callable[[], Values], typed: MutableMapping[str, Any], labels: Mapping[str, Any]
) -> bool:
    """Tell whether what a form shows of a row was changed while it was open. If so, it is said, and `typed` completed.

    `read` returns what the form would show now; `typed` is what was entered, named alike. The caller shows it again.
    """
    shown = dict(parse_qsl(request.form.get(FIELD, "")))
    if not shown:
        return False
    _hold(row)
    present = read()
    theirs = [name for name, mark in shown.items() if name in present and _mark(present[name]) != mark]
    changed = [name for name in theirs if _mark(typed.get(name)) != _mark(present[name])]
    if not changed:
        return False
    for name in changed:
        if _mark(typed.get(name)) == shown[name]:
            typed[name] = present[name]
    told = _in_words(row, [_name_with_value(labels[name], present[name]) for name in changed])
    db.session.rollback()
    flash(told, "warning")
    refused_forms.refuse()
    return True


def _mark(value: Any) -> str:
    """Return what stands for a value; empty ones are alike, and so are line ends."""
    plain = "" if value is None or value is False else value
    if isinstance(plain, str):
        plain = plain.replace("\r\n", "\n").strip()
    return hashlib.blake2b(json.dumps(plain, sort_keys=True, default=str).encode(), digest_size=6).hexdigest()


def _hold(row: Any) -> None:
    """Let one at a time change a row, and read it as it is now."""
    kind = type(row)
    change(update(kind).where(kind.id == row.id).values(id=kind.id))
    db.session.refresh(row)


def _name_with_value(label: Any, value: Any) -> str:
    is_short = isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) <= MAX_SHOWN
    return f"{label} (“{value}”)" if is_short else str(label)


def _in_words(row: Any, fields: list[str]) -> str:
    target = f"{row.__tablename__}:{row.id}"
    latest = select(AuditEvent).where(AuditEvent.target == target).order_by(AuditEvent.id.desc()).limit(1)
    event, names = db.session.scalar(latest), ", ".join(fields)
    if event is None:
        happened = _("Meanwhile this was changed: %(fields)s.", fields=names)
    elif event.actor_id == standing().member_id:
        happened = _("You changed this in another tab, %(when)s: %(fields)s.", when=ago(event.created_at), fields=names)
    else:
        who = event.actor.name if event.actor else _("Somebody")
        happened = _("%(who)s changed this %(when)s: %(fields)s.", who=who, when=ago(event.created_at), fields=names)
    kept = _("Nothing of yours is saved yet, and what you typed is kept. Save again to put it in place.")
    return f"{happened} {kept}"


class _Leaf(NamedTuple):
    name: str
    field: Field


def _leaves(form: Form, prefix: str = "") -> Iterator[_Leaf]:
    for field in form:
        if isinstance(field, FormField):
            yield from _leaves(field.form, f"{prefix}{field.short_name}.")
        elif field.type not in ("CSRFTokenField", "HiddenField"):
            yield _Leaf(prefix + field.short_name, field)


class FormValues(MutableMapping[str, Any]):
    """What stands in the fields of a form, those of its parts included."""

    def __init__(self, form: Form) -> None:
        self._fields = {leaf.name: leaf.field for leaf in _leaves(form)}

    @property
    def labels(self) -> dict[str, str]:
        return {name: field.label.text for name, field in self._fields.items()}

    def __getitem__(self, name: str) -> Any:
        return self._fields[name].data

    def __setitem__(self, name: str, value: Any) -> None:
        field = self._fields[name]
        field.process(None, value)
        field.raw_data = None  # some fields show what was typed as long as they know it

    def __delitem__(self, name: str) -> None:
        del self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)
