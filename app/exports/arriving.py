"""Putting an exported service into this installation as a new one: all of it, or nothing.

Ids are given anew. Domains are not proven, embeds and webhooks are off, chat models have no key and are off, people get
invitations, and every source waits to be read. Rows come in slices, so that others can write meanwhile, into a service
that is there for nobody until the last (`app/plans/arrivals.py`); one that is not completed is removed, at once or, if
the process was killed, once it has been silent for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import insert, inspect, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError

from app import audit
from app.accounts import ending
from app.collaborators import here
from app.exports import seats
from app.exports.arrivals import ARRIVALS, Arrival
from app.exports.completing import ARRIVING, COMPLETE, KNOWN, Import, Row, as_it_is
from app.exports.parcel import Parcel, ParcelError
from app.exports.values import default_of, fit
from app.languages import gettext as _
from app.plans import arrivals
from models import Chatbot, Member, Plan, Service, Source, db, tenancy
from models.base import change, now

log = logging.getLogger(__name__)

BATCH = 500


def arrive(parcel: Parcel, holder: Member, plan: Plan) -> Import:
    """Make a service of what a parcel holds, for a holder who is here already. Commits.

    Raises:
        ParcelError: something in it does not fit; nothing is left of it.
    """
    with tenancy.everything():
        service, workspace = arrivals.begin(holder, plan, _name_of(parcel))
        db.session.commit()
        made = Import(parcel, service, workspace, dict(parcel.files("files")))
        try:
            for arrival in ARRIVALS:
                _take(made, arrival)
            _complete(made, holder, plan)
        except BaseException:
            db.session.rollback()
            _leave(made)
            raise
        return made


def _complete(made: Import, holder: Member, plan: Plan) -> None:
    """Let the service be there, its people be invited, and its sources be read."""
    service = made.service
    arrivals.complete(service, holder, plan)
    brought = update(Source).where(Source.service_id == service.id, Source.error_code == ARRIVING)
    change(brought.values(state="queued", queued_at=now(), error_code=None))
    change(update(Chatbot).where(Chatbot.service_id == service.id).values(training_status="due", changed_count=1))
    made.notes += seats.invite(made.parcel, service, holder, made.ids["workspaces"])
    audit.record("service.import", service, rows=sum(made.n_rows.values()))
    db.session.commit()


def _leave(made: Import) -> None:
    """Remove what was brought of a service that did not arrive."""
    if _remove(made.service_id):
        for key in made.stored:
            here().storage.delete(key)


def remove_silent() -> None:
    """Remove what killed imports have brought; their files go with the next sweep."""
    with tenancy.everything():
        for service_id in arrivals.list_silent():
            if _remove(service_id):
                log.info("an import that had gone silent was removed: service %s", service_id)


def _remove(service_id: int) -> bool:
    """Remove a service that is still on its way; tell whether it was. Commits."""
    is_on_its_way = arrivals.give_up(service_id)
    db.session.commit()
    if is_on_its_way:
        ending.remove(service_id)
    return is_on_its_way


def _name_of(parcel: Parcel) -> str:
    names = [row.get("name") for _, row in parcel.rows("service")]
    if len(names) != 1 or not isinstance(names[0], str) or not names[0].strip():
        raise ParcelError(_("service.jsonl names no service, or several."))
    return str(fit(inspect(Service).columns["name"], names[0], "service.jsonl:"))


def _take(made: Import, arrival: Arrival) -> None:
    """Insert the rows of one kind, some hundred in each transaction."""
    ids = made.ids.setdefault(arrival.file, {})
    rows = made.parcel.rows(arrival.file)
    while batch := list(islice(rows, BATCH)):
        taken = list(_prepared(made, arrival, batch))
        given = _insert(arrival, [values for _, values in taken], batch[-1][0])
        ids.update(zip((old for old, _ in taken), given, strict=True))
        made.n_rows[arrival.file] += len(taken)
        if arrival.itself:
            _point(made, arrival, batch)
        arrivals.breathe(made.service_id)
        db.session.commit()


def _point(made: Import, arrival: Arrival, batch: list[tuple[int, Row]]) -> None:
    """Let rows name each other, once all of a batch are there: an answer follows its question."""
    ids, pointing = made.ids[arrival.file], []
    for line, row in batch:
        old, new = row.get(arrival.itself), ids[row["id"]]
        if old is None or new is None:
            continue
        if not isinstance(old, int) or old >= row["id"] or ids.get(old) is None:
            raise ParcelError(
                _(
                    "%(file)s.jsonl, line %(line)s: %(itself)s names no row that came before.",
                    file=arrival.file,
                    line=line,
                    itself=arrival.itself,
                )
            )
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
        raise ParcelError(
            _("%(file)s.jsonl, up to line %(line)s: what it says does not fit together.", file=arrival.file, line=line)
        ) from error


def _prepared(made: Import, arrival: Arrival, batch: list[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Yield (old id, values of the new row); rows that are not inserted get their place in `ids` at once."""
    ids, seen = made.ids[arrival.file], set[int]()
    for line, row in batch:
        where = _("%(file)s.jsonl, line %(line)s:", file=arrival.file, line=line)
        old = row.get("id")
        if not isinstance(old, int) or isinstance(old, bool) or old in ids or old in seen:
            raise ParcelError(_("%(where)s id is missing, or is there twice.", where=where))
        seen.add(old)
        known = KNOWN[arrival.file](made, row) if arrival.file in KNOWN else None
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
        raise ParcelError(
            _(
                "%(where)s %(name)s names a row that is not in the file: %(old)s.",
                where=where,
                name=name,
                old=ascii(old)[:30],
            )
        )
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
            raise ParcelError(_("%(where)s %(name)s is missing.", where=where, name=name))
    values: Row = {"service_id": made.service_id, **parents, **arrival.sets}
    for name in arrival.takes:
        values[name] = fit(columns[name], row[name], where) if name in row else default_of(columns[name])
    return COMPLETE.get(arrival.file, as_it_is)(made, row, values, where)
