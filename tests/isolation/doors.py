"""Every route of the application as doors to knock at: its address for one's own row, a stranger's, and none at all."""

from __future__ import annotations

import functools
import itertools
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.routing import Rule

from models import db

MISSING_ID = 10**9
MISSING_UUID = uuid.UUID("00000000-0000-4000-8000-000000000000")
ASSETS = {"static", "appbuilder.static", "widget_assets.latest", "widget_assets.pinned"}
PROBES = {"probes.alive", "probes.ready", "probes.metrics"}  # for machines, and of no customer: tests/probes
ENDS_SESSIONS = {"SignInView.logout"}
_NOUN = re.compile(r"([a-z_]+)_(uuid|id)")


@dataclass(frozen=True)
class Door:
    """One route and method; `args` maps each part of its address that names a row to (table, column)."""

    rule: Rule
    method: str
    args: tuple[tuple[str, str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.rule}"

    def path(self, rows: dict[str, dict[str, Any]]) -> str:
        """Return the address whose parts are taken from `rows`: argument -> row."""
        values = {arg: rows[arg][column] for arg, _, column in self.args}
        others = dict.fromkeys(self.rule.arguments - set(values), "nothing")
        _, path = self.rule.build({**others, **values}, append_unknown=False)
        return path

    def own(self, planted: dict[str, Any]) -> str:
        return self.path({arg: planted[table] for arg, table, _ in self.args})

    def mixtures(self, mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (address with foreign parts, the same with parts that never existed), for every mixture of parts."""
        nothing = {"id": MISSING_ID, "uuid": MISSING_UUID}
        for foreign in itertools.product((True, False), repeat=len(self.args)):
            if any(foreign):
                choice = list(zip(self.args, foreign, strict=True))
                yield (
                    self.path({arg: (theirs if is_f else mine)[table] for (arg, table, _), is_f in choice}),
                    self.path({arg: nothing if is_f else mine[table] for (arg, table, _), is_f in choice}),
                )


@functools.cache
def _tables() -> dict[str, str]:
    """Return noun -> table, as addresses call them: `chat_session` and `session` name the table of ChatSession."""
    found: dict[str, str] = {}
    for mapper in db.Model.registry.mappers:
        noun = re.sub(r"(?<!^)([A-Z])", r"_\1", mapper.class_.__name__).lower()
        found[noun] = found[noun.rpartition("_")[2]] = mapper.local_table.name
    return found


def _place(app: Flask, rule: Rule, arg: str) -> tuple[str, str, str] | None:
    if arg == "pk":
        view = next(v for v in app.appbuilder.baseviews if type(v).__name__ == rule.endpoint.split(".")[0])
        return arg, view.datamodel.obj.__table__.name, "id"
    match = _NOUN.fullmatch(arg)
    if match is None:
        return None  # a token, a name: nothing that could be counted up
    assert match[1] in _tables(), f"{rule}: what table is {arg}?"
    return arg, _tables()[match[1]], match[2]


def doors(app: Flask) -> list[Door]:
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ASSETS | PROBES:
            args = tuple(filter(None, (_place(app, rule, arg) for arg in sorted(rule.arguments))))
            found += [Door(rule, method, args) for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]
    return found


def hostile_form(theirs: dict[str, Any]) -> dict[str, Any]:
    """Return a form with every column that names or makes an owner, filled with a stranger's: shown or not."""
    form: dict[str, Any] = {"role": "owner", "status": "enabled", "verified": "y", "is_own": "y", "internal": "y"}
    for noun, table in _tables().items():
        if table in theirs:
            form |= {noun: theirs[table]["id"], f"{noun}_id": theirs[table]["id"]}
            form |= {f"{noun}_uuid": str(theirs[table].get("uuid", ""))}
    member = theirs["ab_user"]["id"]
    return {
        **form, "owner_id": member, "holder_id": member, "user_id": member, "holder": member, "invited_by": member,
        "domain": "https://smuggled.example.com", "name": "smuggled", "type": "support", "email": "smuggled@example.com",
        "description": "", "platform_role": "Superadmin", "roles": 1, "plan": 4, "plan_id": 4, "expired_at": "2099-01-01",
    }  # fmt: skip


def encoded(form: dict[str, Any]) -> dict[str, str]:
    """Return how to send a form that is sent many times: as clients encode it, once."""
    filled = {name: value for name, value in form.items() if value is not None}
    return {"data": urlencode(filled), "content_type": "application/x-www-form-urlencoded"}
