"""A generated list as a CSV file: as it is narrowed and sorted, with all of its rows, sent while they are read.

Which rows there are is asked once, by their ids; the rows themselves follow some hundred at a time, at the wall, with
nothing held open in between. Values stand as programs keep them: moments as ISO 8601 in UTC, states as their word.
"""

from __future__ import annotations

import datetime as dt
import json
import threading
from array import array
from collections.abc import Callable, Collection, Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from flask import Response, abort, request
from flask_appbuilder import expose, has_access, permission_name
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app import audit, spreadsheets
from app.caller import signed_in, standing, standing_later
from app.languages import speaking
from app.spreadsheets import Cell
from models import Service, db, tenancy
from views.listing import filters_of, read_listing
from views.sending import Download

BATCH = 500
PLACES = threading.BoundedSemaphore(4)  # of this process


class Keys(NamedTuple):
    """The rows of a list, in its order, and the services that they are of, as far as they are of one."""

    ids: Sequence[int]
    service_ids: set[int]


class ListTable(SQLAInterface):
    """A table whose lists load the relations in `related` for all rows at once, not one by one."""

    related: tuple[str, ...] = ()

    def apply_all(self, query: Any, *args: Any, **how: Any) -> Any:
        return super().apply_all(query.options(*self._together(self.related)), *args, **how)

    def read_keys(self, filters: Any, column: str, direction: str) -> Keys:
        """Read which rows a list has, all pages of it."""
        columns = [self.obj.id, *filter(None, [getattr(self.obj, "service_id", None)])]
        query = super().apply_all(self.session.query(self.obj), filters, column, direction)
        ids, service_ids = array("q"), set[int]()
        for row_id, *service in query.with_entities(*columns).yield_per(10 * BATCH):
            ids.append(row_id)
            service_ids.update(filter(None, service))
        return Keys(ids, service_ids)

    def read_rows(self, ids: Sequence[int], related: Collection[str]) -> list[Any]:
        """Read rows in the order of their ids; those that have gone meanwhile are left out."""
        query = select(self.obj).where(self.obj.id.in_(ids)).options(*self._together(related))
        found = {row.id: row for row in self.session.scalars(query)}
        return [found[row_id] for row_id in ids if row_id in found]

    def _together(self, names: Collection[str]) -> list[Any]:
        return [selectinload(getattr(self.obj, name)) for name in names]


class ListFile:
    """What a generated screen needs so that its list can be taken home."""

    datamodel: ListTable
    list_title: Any
    list_columns: list[str]
    label_columns: dict[str, Any]
    base_order: tuple[str, str] | None
    also_loads: tuple[str, ...]
    prepare_rows: Callable[[Any], None]

    file_columns: Sequence[str] = ()  # what the file holds; empty: the columns of the list
    file_labels: dict[str, Any] = {}  # what a column is called there, where it is not as in the list
    file_writers: dict[str, Callable[[Any], Any]] = {}  # column -> its plain value, where the row's own is not plain
    holds_people = False  # whether it names people, so that taking it is written into the audit trail

    @expose("/export.csv", methods=["GET", "POST"])
    @has_access
    @permission_name("list")
    def export(self) -> Any:
        """Send the list. It is posted for; who looks at a customer's service may only read, and gets it by GET."""
        if request.method != ("GET" if standing().look else "POST"):
            abort(405)
        keys = self._keys()
        blocks = (block.encode() for block in self.file_blocks(keys.ids))
        before, standing_now = standing(), standing_later()
        download = Download(tenancy.current(), blocks, PLACES, may_go_on=lambda: standing_now().includes(before))
        try:
            if request.method == "POST" and self.holds_people and keys.ids:
                self._write_down(keys)
        except BaseException:
            download.close()
            raise
        with speaking("en"):
            name = str(self.list_title).lower().replace(" ", "-")
        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        return Response(download, mimetype="text/csv", headers=headers)

    def file_blocks(self, ids: Sequence[int]) -> Iterator[str]:
        """Return blocks of CSV. What is said in words is said at once: later there is nobody whose language it is."""
        columns = self.file_columns or self.list_columns
        head = [str(self.file_labels.get(column) or self.label_columns[column]) for column in columns]
        return self._blocks(columns, head, ids)

    def _blocks(self, columns: Sequence[str], head: Sequence[str], ids: Sequence[int]) -> Iterator[str]:
        yield spreadsheets.MARK + spreadsheets.to_lines([head])
        for rows in self.batches(ids, columns):
            yield spreadsheets.to_lines([[self._plain(row, column) for column in columns] for row in rows])

    def batches(self, ids: Sequence[int], columns: Sequence[str]) -> Iterator[list[Any]]:
        """Read rows some hundred at a time, with what their columns are made of."""
        shown = dict.fromkeys(column.partition(".")[0] for column in columns)
        related = [*filter(self.datamodel.is_relation, shown), *self.also_loads]
        for start in range(0, len(ids), BATCH):
            rows = self.datamodel.read_rows(ids[start : start + BATCH], related)
            self.prepare_rows(rows)
            yield rows

    def _keys(self) -> Keys:
        listing = read_listing(self)
        column, direction = listing.order if listing.sort else self.base_order or ("", "")
        return self.datamodel.read_keys(filters_of(self, listing), column, direction)

    def _plain(self, row: Any, column: str) -> Cell:
        write = self.file_writers.get(column) or attrgetter(column)
        return plain(write(row))

    def _write_down(self, keys: Keys) -> None:
        """Tell each service of theirs that the person took its rows; of what is the installation's, tell staff."""
        theirs = keys.service_ids & standing().service_ids
        rows: list[Any] = [db.session.get_one(Service, service_id) for service_id in sorted(theirs)]
        if keys.service_ids - theirs or not keys.service_ids:
            rows.append(signed_in())
        for row in rows:
            audit.record(f"{self.datamodel.obj.__tablename__}.export", row, rows=len(keys.ids))
        db.session.commit()


def plain(value: Any) -> Cell:
    """Return a value as a cell of a file that programs read."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | int | float):
        return "" if value is None else value
    if isinstance(value, dt.date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
