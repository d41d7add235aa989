"""Who changed what: owners see what happened in their workspaces, holders in their services, staff everything."""

from __future__ import annotations

from typing import Any

from flask_appbuilder.models.filters import BaseFilter
from markupsafe import Markup
from sqlalchemy import or_

from app.accounts.permissions import HOLDER, allows
from app.caller import standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.wording import WORDS, website, word
from models import AuditEvent
from views.audit_words import act_in_words
from views.base import Screen, table
from views.columns import moment

_CODED = {"status", "state", "role", "type", "kind", "training_status", "billing_cycle"}


class MaySee(BaseFilter):
    """Events that the person may see; the wall has left out those of strangers."""

    def apply(self, query: Any, _value: Any) -> Any:
        me = standing()
        if me.sells:
            return query
        held = me.held_service_ids if allows(HOLDER, "audit.view") else ()
        places = me.workspaces_where("audit.view")
        return query.filter(or_(AuditEvent.service_id.in_(held), AuditEvent.workspace_id.in_(places)))


def _field(name: str) -> Markup | str:
    """Write which field it was; one that has no words is a column's name, and marked as that."""
    return word(name) if name in WORDS else Markup("<code>{}</code>").format(name)


def _value(field: str, value: Any) -> Markup | str:
    """Write what a field holds: a code of ours in words, all else as it was entered."""
    if value in (None, ""):
        return _("nothing")
    if field in _CODED:
        return word(value)
    return Markup('<span translate="no">{}</span>').format(value)


def _difference(field: str, value: Any) -> Markup | str:
    if not isinstance(value, list):
        return _value(field, value)
    before, after = (_value(field, part) for part in [*value, None, None][:2])
    return Markup("<del>{}</del> → <ins>{}</ins>").format(before, after)


def differences(changes: Any) -> Markup | str:
    """Write what changed, field by field: "role: user → admin"."""
    pairs = (changes or {}).items()
    lines = [Markup("<li>{}: {}</li>").format(_field(name), _difference(name, value)) for name, value in pairs]
    return Markup("<ul>{}</ul>").format(Markup("").join(lines)) if lines else "–"


def _act(event: AuditEvent) -> Markup:
    """Write what was done, with its code for those who hover or search."""
    return Markup('<span title="{}">{}</span>').format(event.action, act_in_words(event.action))


def _row(event: AuditEvent) -> str:
    """Write on what it was done; pages of ours count as websites, and have their names from us."""
    return website(event.label) if event.action.startswith(("domain", "embed")) else event.label or "–"


def _actor(event: AuditEvent) -> str:
    """Write who it was; a customer does not know those who run the installation by name."""
    if event.actor is not None:
        return (
            _("%(name)s, by the API key %(key)s", name=event.actor.name, key=event.key)
            if event.key
            else str(event.actor.name)
        )
    if event.action.startswith("look."):
        return _("Staff of the installation")
    return _("Staff, or somebody who has left") if event.actor_id else "–"


class AuditView(Screen):
    """Who did what, on which row, from where. Rows are only ever added, by what people do."""

    datamodel = table(AuditEvent)
    list_title, show_title = _l("Audit"), _l("Event")
    list_columns = ["action", "label", "actor", "created_at"]
    show_columns = ["action", "label", "target", "actor", "acting_as", "network", "created_at", "changes"]
    add_columns = edit_columns = ["action"]
    search_columns = ["action", "target", "label", "actor"]
    base_permissions = ["can_list", "can_show"]
    base_filters = [["id", MaySee, None]]
    base_order = ("id", "desc")
    label_columns = {
        "created_at": _l("When"), "actor": _l("Who"), "acting_as": _l("Looking as"), "action": _l("What"),
        "target": _l("Row"), "label": _l("On what"), "network": _l("From network"), "changes": _l("Changes"),
    }  # fmt: skip
    writers = {"actor": _actor, "action": _act, "label": _row}
    formatters_columns = {"created_at": moment, "changes": differences}
    file_columns = ["created_at", "actor", "key", "acting_as", "action", "label", "target", "network", "changes"]
    file_labels = {"key": _l("API key")}
    holds_people = True
    picture = "audit"
    empty_words = _l("Nothing has been changed yet.")

    def name_of(self, item: Any) -> str:
        return f"{act_in_words(item.action)} {_row(item)}".strip(" –")
