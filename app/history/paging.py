"""Sessions page by page: a page begins behind a session, not at a number, so that the last is as near as the first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select, tuple_

from app.history.filters import Filter
from app.history.matching import cut_sessions
from app.values import whole_number
from models import ChatSession, db

PAGE_SIZE = 25
_MOMENT, _NUMBER = ChatSession.started_at, ChatSession.id
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True)
class Cursor:
    """A place between two sessions: behind the one that began at `moment`. It names no row, so it outlives any."""

    moment: dt.datetime
    number: int

    def __str__(self) -> str:
        return f"{(self.moment - _EPOCH) // _MICROSECOND}.{self.number}"


@dataclass(frozen=True)
class Page:
    """Some sessions, youngest first, and where the pages beside them begin; None where there is none."""

    chats: list[ChatSession]
    newer: Cursor | None = None
    older: Cursor | None = None


def read_cursor(text: str) -> Cursor | None:
    """Return the place that a parameter of an address names; None for one that names none."""
    moment, _, number = text.partition(".")
    n_microseconds, session_id = whole_number(moment), whole_number(number)
    if n_microseconds is None or session_id is None:
        return None
    try:
        return Cursor(_EPOCH + n_microseconds * _MICROSECOND, session_id)
    except OverflowError:
        return None


def cursor_at(chat: ChatSession) -> Cursor:
    return Cursor(chat.started_at, chat.id)


def _beside(query: Select[Any], cursor: Cursor | None, *, newer: bool) -> Select[Any]:
    """Put a query of sessions in order, nearest to the cursor first."""
    if cursor is not None:
        here = tuple_(cursor.moment, cursor.number)
        query = query.where(tuple_(_MOMENT, _NUMBER) > here if newer else tuple_(_MOMENT, _NUMBER) < here)
    return query.order_by(_MOMENT.asc(), _NUMBER.asc()) if newer else query.order_by(_MOMENT.desc(), _NUMBER.desc())


def read_page(
    wanted: Filter, readable: Collection[int] | None, *, older: Cursor | None = None, newer: Cursor | None = None
) -> Page:
    """Return the sessions just older or just newer than a cursor; the youngest of all where none is given."""
    query = cut_sessions(select(ChatSession), wanted, readable)
    found = list(db.session.scalars(_beside(query, newer or older, newer=newer is not None).limit(PAGE_SIZE + 1)))
    chats, goes_on = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    if newer is not None:
        chats.reverse()
    has_newer, has_older = (goes_on, True) if newer is not None else (older is not None, goes_on)
    if not chats:
        return Page([], newer=None, older=None)
    return Page(chats, cursor_at(chats[0]) if has_newer else None, cursor_at(chats[-1]) if has_older else None)


def neighbors(
    chat: ChatSession, wanted: Filter, readable: Collection[int] | None
) -> tuple[ChatSession | None, ChatSession | None]:
    """Return the sessions beside one among those that are wanted: the next newer and the next older."""
    query = cut_sessions(select(ChatSession), wanted, readable)
    newer, older = (
        db.session.scalar(_beside(query, cursor_at(chat), newer=is_newer).limit(1)) for is_newer in (True, False)
    )
    return newer, older
