"""What becomes of a row beside being copied: what is made anew, left off, or already here.

`COMPLETE` gives the values of a new row, `KNOWN` the row that takes its place, where there is one.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from app.collaborators import here
from app.domains import embeds
from app.exports import settings
from app.exports.parcel import Parcel, ParcelError
from app.history.recording import MAX_PAGE
from app.history.visitors import MAX_CHARS
from app.knowledge.pairs import question_key
from app.languages import gettext as _
from app.languages import in_english
from app.looks import pictures
from app.webhooks.owning import PURPOSE
from models import Domain, Service, Workspace, db
from models.chatbots import HOSTED_PAGE
from models.knowledge import STORED_KINDS
from models.webhooks import EVENTS

ARRIVING = "arriving"  # in place of an error: of sources that wait until the service is whole
Row = dict[str, Any]


@dataclass
class Import:
    """One import: the parcel, the service that is filled, and old id -> new id of each kind (None: left out)."""

    parcel: Parcel
    service: Service
    workspace: Workspace
    files: dict[int, str]
    ids: dict[str, dict[int, int | None]] = field(default_factory=dict)
    n_rows: Counter[str] = field(default_factory=Counter)
    stored: list[str] = field(default_factory=list)  # keys
    notes: list[str] = field(default_factory=list)
    service_id: int = field(init=False)

    def __post_init__(self) -> None:
        self.service_id = self.service.id


def as_it_is(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    return values


def _complete_chatbot(made: Import, row: Row, values: Row, where: str) -> Row:
    brought = settings.bring_pictures(made.parcel, made.service_id, row["id"], values["settings"])
    made.stored += pictures.keys_in(brought)
    kept = {**settings.clean(values["settings"], where), **brought}
    return {**values, "owner_id": made.service.holder_id, "settings": kept}


def _complete_chat_model(_made: Import, _row: Row, values: Row, where: str) -> Row:
    return {**values, "base_url": _require_address(values["base_url"], where) if values["base_url"] else ""}


def _complete_webhook(_made: Import, _row: Row, values: Row, where: str) -> Row:
    sealed = here().sealer.seal(PURPOSE, secrets.token_urlsafe(32))
    events = [event for event in values["events"] if event in EVENTS]
    return {**values, "url": _require_address(values["url"], where), "events": events, "sealed_secret": sealed}


def _complete_source(made: Import, row: Row, values: Row, where: str) -> Row:
    """Store the file of a source, if it is one; none is read before the service is whole."""
    values |= {"state": "ready", "filesize": 0, "sha256": "", "error_code": ARRIVING, "error_advice": None}
    if values["kind"] in ("url", "website"):
        return {**values, "data_loc": _require_address(values["data_loc"], where)}
    if values["kind"] not in STORED_KINDS:
        return {**values, "data_loc": ""}
    values["data_loc"] = f"uploads/{made.service_id}/{uuid.uuid4()}"
    name = made.files.get(row["id"])
    if name is None:
        advice = in_english("Its file is missing in the export. Add it again.")
        return {**values, "state": "failed", "error_code": "missing", "error_advice": advice}
    made.stored.append(values["data_loc"])
    with made.parcel.open(name) as file:
        values["filesize"], values["sha256"] = here().storage.save(
            values["data_loc"], file, here().config.max_upload_bytes
        )
    return values


def _complete_answer(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    return {**values, "question_key": question_key(values["question"])}


def _complete_session(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    who = values["visitor"] or {}
    visitor = {name: str(who.get(name) or "")[:MAX_CHARS] for name in ("id", "email", "name")} if who else None
    page = values["page"][:MAX_PAGE]
    return {**values, "page": page, "visitor": visitor, "summary_due_at": values["started_at"]}  # so words come soon


def _complete_message(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    return {**values, "finish": "stopped"} if values["finish"] == "pending" else values


def _complete_submission(_made: Import, _row: Row, values: Row, where: str) -> Row:
    for answer in values["answers"]:
        if not isinstance(answer, dict) or not all(isinstance(answer.get(part), str) for part in ("label", "value")):
            raise ParcelError(_("%(where)s its answers can't be read.", where=where))
    return values


def _require_address(address: str, where: str) -> str:
    if not address.startswith(("https://", "http://")) or not address.isprintable():
        raise ParcelError(_("%(where)s %(address)s is no web address.", where=where, address=ascii(address)[:60]))
    return address


def _known_workspace(made: Import, row: Row) -> int | None:
    """Let the first workspace take the place of the one that a new service has."""
    name = row.get("name")
    if made.ids["workspaces"] or row.get("deleted_at") is not None or not isinstance(name, str):
        return None
    made.workspace.name = name[:120]
    db.session.flush()
    return made.workspace.id


def _known_domain(made: Import, row: Row) -> int | None:
    """Let this installation's own pages stand for those of the other."""
    if row.get("internal") is not True:
        return None
    name = HOSTED_PAGE if row.get("domain") == HOSTED_PAGE else ""
    own: Domain = embeds.own_domain(made.service_id, name)
    return own.id


KNOWN: dict[str, Callable[[Import, Row], int | None]] = {"workspaces": _known_workspace, "domains": _known_domain}
COMPLETE: dict[str, Callable[[Import, Row, Row, str], Row]] = {
    "chatbots": _complete_chatbot, "chat_models": _complete_chat_model, "webhooks": _complete_webhook,
    "sources": _complete_source, "curated_answers": _complete_answer, "chat_sessions": _complete_session,
    "messages": _complete_message, "submissions": _complete_submission,
}  # fmt: skip
