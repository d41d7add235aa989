"""Putting an exported service into this installation as a new one: all of it in one transaction, or nothing.

Ids are given anew. Domains are not proven, embeds and webhooks are off, chat models have no key and are off, people get
invitations, and every source waits to be read. Files are stored before the transaction ends; without it they belong to
nobody and are swept.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import insert, inspect, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from app import audit
from app.collaborators import here
from app.domains import embeds
from app.exports import seats, settings
from app.exports.arrivals import ARRIVALS, Arrival
from app.exports.parcel import Parcel, ParcelError
from app.exports.values import default_of, fit
from app.history.visitors import MAX_CHARS
from app.knowledge.pairs import question_key
from app.looks import pictures
from app.plans import services
from app.webhooks.owning import PURPOSE
from models import Domain, Member, Plan, Service, Workspace, db, tenancy
from models.base import now
from models.chatbots import HOSTED_PAGE
from models.knowledge import STORED_KINDS
from models.webhooks import EVENTS

BATCH = 500
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


def arrive(parcel: Parcel, holder: Member, plan: Plan) -> Import:
    """Make a service of what a parcel holds, for a holder who is here already. Commits.

    Raises:
        ParcelError: something in it does not fit; nothing was changed.
    """
    with tenancy.everything():
        service, workspace = services.grant(holder, plan, _name_of(parcel))
        made = Import(parcel, service, workspace, dict(parcel.files("files")))
        try:
            for arrival in ARRIVALS:
                _take(made, arrival)
            made.notes += seats.invite(parcel, service, holder, made.ids["workspaces"])
            audit.record("service.import", service, rows=sum(made.n_rows.values()))
            db.session.commit()
        except BaseException:
            db.session.rollback()
            for key in made.stored:
                here().storage.delete(key)
            raise
        return made


def _name_of(parcel: Parcel) -> str:
    names = [row.get("name") for _, row in parcel.rows("service")]
    if len(names) != 1 or not isinstance(names[0], str) or not names[0].strip():
        raise ParcelError("service.jsonl names no service, or several.")
    return str(fit(inspect(Service).columns["name"], names[0], "service.jsonl:"))


def _take(made: Import, arrival: Arrival) -> None:
    """Insert the rows of one kind, some hundred at a time."""
    ids = made.ids.setdefault(arrival.file, {})
    rows = made.parcel.rows(arrival.file)
    while batch := list(islice(rows, BATCH)):
        taken = list(_prepared(made, arrival, batch))
        given = _insert(arrival, [values for _, values in taken], batch[-1][0])
        ids.update(zip((old for old, _ in taken), given, strict=True))
        made.n_rows[arrival.file] += len(taken)
        if arrival.itself:
            _point(made, arrival, batch)


def _point(made: Import, arrival: Arrival, batch: list[tuple[int, Row]]) -> None:
    """Let rows name each other, once all of a batch are there: an answer follows its question."""
    ids, pointing = made.ids[arrival.file], []
    for line, row in batch:
        old, new = row.get(arrival.itself), ids[row["id"]]
        if old is None or new is None:
            continue
        if not isinstance(old, int) or old >= row["id"] or ids.get(old) is None:
            raise ParcelError(f"{arrival.file}.jsonl, line {line}: {arrival.itself} names no row that came before.")
        pointing.append({"id": new, arrival.itself: ids[old]})
    if pointing:
        db.session.execute(update(arrival.entity), pointing)


def _insert(arrival: Arrival, rows: list[Row], line: int) -> list[int]:
    if not rows:
        return []
    adding = insert(arrival.entity).returning(arrival.entity.id, sort_by_parameter_order=True)
    try:
        return list(db.session.scalars(adding, rows))
    except (IntegrityError, DataError, StatementError) as error:
        raise ParcelError(f"{arrival.file}.jsonl, up to line {line}: what it says does not fit together.") from error


def _prepared(made: Import, arrival: Arrival, batch: list[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Yield (old id, values of the new row); rows that are not inserted get their place in `ids` at once."""
    ids, seen = made.ids[arrival.file], set[int]()
    for line, row in batch:
        where = f"{arrival.file}.jsonl, line {line}:"
        old = row.get("id")
        if not isinstance(old, int) or isinstance(old, bool) or old in ids or old in seen:
            raise ParcelError(f"{where} id is missing, or is there twice.")
        seen.add(old)
        known = _KNOWN[arrival.file](made, row) if arrival.file in _KNOWN else None
        parents = {name: _parent(made, arrival, name, row, where) for name in arrival.points_at}
        if known is not None or _is_left(arrival, row, parents):
            ids[old] = known
        else:
            yield old, _values(made, arrival, row, parents, where)


def _parent(made: Import, arrival: Arrival, name: str, row: Row, where: str) -> int | None:
    """Return the new id of the row that a column names; None where that was left out, or is gone and may be."""
    old, ids = row.get(name), made.ids[arrival.points_at[name]]
    if old is None:
        return None
    if not isinstance(old, int) or (old not in ids and name not in arrival.outlives):
        raise ParcelError(f"{where} {name} names a row that is not in the file: {ascii(old)[:30]}.")
    return ids.get(old)


def _is_left(arrival: Arrival, row: Row, parents: dict[str, int | None]) -> bool:
    """Tell whether a row is left out: a deleted source, and all that belongs to what was left out."""
    if arrival.file == "sources" and row.get("deleted_at") is not None:
        return True
    return any(
        new is None and row.get(name) is not None and name not in arrival.outlives for name, new in parents.items()
    )


def _values(made: Import, arrival: Arrival, row: Row, parents: dict[str, int | None], where: str) -> Row:
    columns = inspect(arrival.entity).columns
    for name, new in parents.items():
        if new is None and not columns[name].nullable:
            raise ParcelError(f"{where} {name} is missing.")
    values: Row = {"service_id": made.service.id, **parents, **arrival.sets}
    for name in arrival.takes:
        values[name] = fit(columns[name], row[name], where) if name in row else default_of(columns[name])
    return _COMPLETE.get(arrival.file, _as_it_is)(made, row, values, where)


def _as_it_is(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    return values


def _complete_chatbot(made: Import, row: Row, values: Row, where: str) -> Row:
    brought = settings.bring_pictures(made.parcel, made.service.id, row["id"], values["settings"])
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
    """Store the file of a source, if it is one; all of them wait to be read."""
    values |= {"state": "queued", "queued_at": now(), "filesize": 0, "sha256": ""}
    values |= {"error_code": None, "error_advice": None}
    if values["kind"] in ("url", "website"):
        return {**values, "data_loc": _require_address(values["data_loc"], where)}
    if values["kind"] not in STORED_KINDS:
        return {**values, "data_loc": ""}
    values["data_loc"] = f"uploads/{made.service.id}/{uuid.uuid4()}"
    name = made.files.get(row["id"])
    if name is None:
        advice = "Its file is missing in the export. Add it again."
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
    return {**values, "visitor": visitor, "summary_due_at": values["started_at"]}  # its words are indexed soon


def _complete_message(_made: Import, _row: Row, values: Row, _where: str) -> Row:
    return {**values, "finish": "stopped"} if values["finish"] == "pending" else values


def _complete_submission(_made: Import, _row: Row, values: Row, where: str) -> Row:
    for answer in values["answers"]:
        if not isinstance(answer, dict) or not all(isinstance(answer.get(part), str) for part in ("label", "value")):
            raise ParcelError(f"{where} its answers can't be read.")
    return values


def _require_address(address: str, where: str) -> str:
    if not address.startswith(("https://", "http://")) or not address.isprintable():
        raise ParcelError(f"{where} {ascii(address)[:60]} is no web address.")
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
    own: Domain = embeds.own_domain(made.service.id, name)
    return own.id


_KNOWN: dict[str, Callable[[Import, Row], int | None]] = {"workspaces": _known_workspace, "domains": _known_domain}
_COMPLETE: dict[str, Callable[[Import, Row, Row, str], Row]] = {
    "chatbots": _complete_chatbot, "chat_models": _complete_chat_model, "webhooks": _complete_webhook,
    "sources": _complete_source, "curated_answers": _complete_answer, "chat_sessions": _complete_session,
    "messages": _complete_message, "submissions": _complete_submission,
}  # fmt: skip
