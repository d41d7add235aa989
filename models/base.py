"""The database handle, column types and mixins that every table uses."""

from __future__ import annotations

import datetime as dt
import json
import uuid as uuid_module
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ColumnElement,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Index,
    Integer,
    TextClause,
    Update,
    Uuid,
    any_,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase

    class Model(DeclarativeBase):
        """FAB's base as a type checker shall see it: its own has no types."""
else:
    from flask_appbuilder import Model

db = SQLAlchemy(model_class=Model, session_options={"autoflush": True})

# 64-bit where it matters (PostgreSQL); SQLite wants INTEGER for its row id.
BigId = BigInteger().with_variant(Integer, "sqlite")


def _read_clock() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def now() -> dt.datetime:
    """Return the present moment, aware, in UTC: the one clock of rows and rules. Tests put another in `_read_clock`."""
    return _read_clock()


def is_far(moment: Any, patience: dt.timedelta) -> ColumnElement[bool]:
    """Return the condition that a moment is further from now than a patience.

    It lies back, or so far ahead that the clock must have been set back since it was noted: waiting for a moment that
    a wrong clock wrote down could take years.
    """
    return or_(moment < now() - patience, moment > now() + patience)


def is_due(moment: Any, longest: dt.timedelta) -> ColumnElement[bool]:
    """Return the condition that a moment has come, or is further ahead than anything is ever put off: see `is_far`."""
    return or_(moment <= now(), moment > now() + longest)


def change(statement: Update | Delete) -> int:
    """Send a guarded UPDATE or DELETE and return how many rows it met: 0 tells that somebody else was faster.

    Rows that the session holds already are left as they are: read them anew where it matters. The caller commits.
    """
    done = db.session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)
    return done.rowcount


def among(column: Any, ids: Iterable[int]) -> ColumnElement[bool]:
    """Return the condition that a column holds one of many ids, sent as one value: a long list costs more."""
    if db.session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps([*ids])).table_valued("value")
        return cast("ColumnElement[bool]", column.in_(select(listed.c.value)))
    return cast("ColumnElement[bool]", column == any_(literal([*ids], ARRAY(BigInteger))))


class UtcDateTime(TypeDecorator[dt.datetime]):
    """An aware UTC moment. SQLite keeps no time zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was about to be stored")
        value = value.astimezone(dt.UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if dialect.name == "sqlite" else value.astimezone(dt.UTC)


def one_of(column: str, *values: str, nullable: bool = False) -> CheckConstraint:
    """Hold a text column to a list of words, in the database itself."""
    listed = ", ".join(f"'{value}'" for value in values)
    condition = f"{column} IN ({listed})"
    return CheckConstraint(f"{column} IS NULL OR {condition}" if nullable else condition, name=f"{column}_known")


def unique_where(name: str, *columns: str | TextClause, condition: str) -> Index:
    """Allow one row of a kind as long as a condition on it holds (a partial unique index, on both databases)."""
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


def index_where(name: str, *columns: str, condition: str) -> Index:
    """Index the few rows for which a condition holds, as those that wait for a job."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


class Table(Model):
    """What all tables of ours share: an id that SQLite never gives twice (indexes hold ids)."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)


class HasUuid:
    """A name for the outside world that can't be counted up or guessed."""

    uuid: Mapped[uuid_module.UUID] = mapped_column(Uuid(as_uuid=True), unique=True, default=uuid_module.uuid4)


class Timestamped:
    """When the row was made. (FAB's AuditMixin needs a signed-in person, which jobs and visitors are not.)"""

    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)


# The last element of every `__table_args__`: without it SQLite would give a deleted row's id to the next one.
NEVER_REUSE_IDS: dict[str, Any] = {"sqlite_autoincrement": True}
