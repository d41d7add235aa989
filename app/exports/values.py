"""Values of an export as a column of ours takes them; what does not fit is refused by name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, String

from app.exports.parcel import ParcelError
from app.languages import gettext as _
from models.base import UtcDateTime

MAX_INT, MAX_BIG_INT = 2**31 - 1, 2**63 - 1
MAX_TEXT = 1_000_000


def fit(column: Column[Any], value: Any, where: str) -> Any:
    """Return a value for a column; None, where there may be none.

    Raises:
        ParcelError: it has another type, or is too large.
    """
    if value is None and column.nullable:
        return None
    try:
        return _fit(column, value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ParcelError(
            _("%(where)s %(name)s can't be %(value)s.", where=where, name=column.name, value=ascii(value)[:60])
        ) from error


def _fit(column: Column[Any], value: Any) -> Any:
    kind = column.type
    if isinstance(kind, JSON):
        return _require(value, type(default_of(column)) if default_of(column) is not None else dict)
    if isinstance(kind, UtcDateTime):
        return _read_moment(value)
    if isinstance(kind, Date):
        return dt.date.fromisoformat(value)
    if isinstance(kind, Boolean):
        return _require(value, bool)
    if isinstance(kind, Integer):
        most = MAX_BIG_INT if isinstance(kind, BigInteger) else MAX_INT
        return _require(value, int, fits=lambda number: not isinstance(number, bool) and abs(number) <= most)
    assert isinstance(kind, String)
    return _require(value, str, fits=lambda text: len(text) <= (kind.length or MAX_TEXT))


def _require(value: Any, kind: type, fits: Any = None) -> Any:
    if not isinstance(value, kind) or (fits is not None and not fits(value)):
        raise TypeError
    return value


def _read_moment(value: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("without a time zone")
    return moment.astimezone(dt.UTC)


def default_of(column: Column[Any]) -> Any:
    """Return what a column holds where nothing is said; None where it says nothing either."""
    default: Any = column.default
    if default is None:
        return None
    return default.arg(None) if default.is_callable else default.arg
