"""Reading messages as they come, with a cursor: none is missed and none comes twice, however many are being written.

A cursor holds the last id that was looked at, and the ids of answers that were still being made then: each of them
comes later, once it is complete. What changes on a message after it came (feedback, notes) does not bring it again.

No id can appear below the highest one that is looked at: those who write at that moment are waited for
(`app/history/settling.py`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select
from sqlalchemy.orm import selectinload

from app.history.settling import wait_for_writers
from models import Message, db
from models.base import now

MAX_OPEN = 500  # answers that a cursor waits for; more of them hold it up
PATIENCE_S = 2.0  # for those who write at this moment
ABANDONED = dt.timedelta(days=1)  # an answer that was not completed by then comes as it stands
_TEXT = re.compile(r"\d{1,18}(?:-\d{1,18}){0,500}", re.ASCII)
# written into the statement itself: their index is found by its condition, not by a parameter
_IS_PENDING = Message.finish == literal("pending", literal_execute=True)

Narrow = Callable[[Select[Any]], Select[Any]]


class CursorError(ValueError):
    """A text is no cursor."""


@dataclass(frozen=True)
class Cursor:
    """How far somebody has read; the first one has read nothing."""

    after: int = 0
    waits_for: tuple[int, ...] = ()

    def __str__(self) -> str:
        return "-".join(map(str, (self.after, *self.waits_for)))


@dataclass(frozen=True)
class Window:
    """What comes next: the ids from `after` (not it) to `until` but those of `unfinished`, and the ids of `late`."""

    after: int
    until: int
    late: tuple[int, ...] = ()
    unfinished: tuple[int, ...] = ()

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.until, self.unfinished)

    def holds(self) -> ColumnElement[bool]:
        is_new = (Message.id > self.after) & (Message.id <= self.until)
        return or_(is_new & Message.id.not_in(self.unfinished), Message.id.in_(self.late))


@dataclass(frozen=True)
class Page:
    """Some messages, oldest first, their citations loaded, and the cursor with which the next ones are asked for.

    `has_more`: there were more at that moment. A page may be empty and have more, where few pass a filter.
    """

    messages: list[Message]
    cursor: Cursor
    has_more: bool


def parse_cursor(text: str) -> Cursor:
    """Read what `str` made of a cursor; an empty text is the first one.

    Raises:
        CursorError: it is none.
    """
    if not text:
        return Cursor()
    if not _TEXT.fullmatch(text):
        raise CursorError("This is no cursor: leave it out to begin with the oldest message.")
    after, *waits_for = map(int, text.split("-"))
    return Cursor(after, tuple(waits_for))


def read(cursor: Cursor, limit: int = 100, narrow: Narrow | None = None) -> Page:
    """Return the next messages of the scope; `narrow` adds conditions, which may change between two readings."""
    window = look(cursor, limit)
    query = select(Message).where(window.holds()).order_by(Message.id).options(selectinload(Message.citations))
    found = list(db.session.scalars(narrow(query) if narrow is not None else query))
    messages = [message for message in found if not is_awaited(message.finish, message.timestamp)]
    retried = {message.id for message in found} - {message.id for message in messages}
    waits_for = (*window.unfinished, *sorted(retried))
    return Page(messages, Cursor(window.until, waits_for), has_more=_follows(window.until))


def is_awaited(finish: str | None, timestamp: dt.datetime) -> bool:
    """Tell whether a message is an answer that is being made; the one who makes it moves its timestamp."""
    return finish == "pending" and timestamp > now() - ABANDONED


def look(cursor: Cursor, limit: int | None = None) -> Window:
    """Return what comes after a cursor in the scope, now; `limit` bounds how many new ones are looked at."""
    until = _settled(cursor.after, limit)
    waiting = set(_pending(Message.id.in_(cursor.waits_for)))
    late = tuple(id_ for id_ in _still_there(cursor.waits_for) if id_ not in waiting)
    is_new = (Message.id > cursor.after) & (Message.id <= until)
    unfinished = sorted({*waiting, *_pending(is_new)})
    if len(unfinished) > MAX_OPEN:
        until = max(cursor.after, unfinished[MAX_OPEN] - 1)
        unfinished = [id_ for id_ in unfinished if id_ <= until]
    return Window(cursor.after, until, late, tuple(unfinished))


def find_end() -> Cursor | None:
    """Return the cursor of who has read all that there is in the scope; None while others write for too long."""
    cursor = look(Cursor()).cursor
    return cursor if cursor.after or not _follows(0) else None


def _settled(after: int, limit: int | None) -> int:
    """Return the highest id up to which none can appear any more, `limit` rows away at most."""
    following = select(Message.id).where(Message.id > after).order_by(Message.id)
    if limit is None:
        highest = db.session.scalar(select(func.max(Message.id)).where(Message.id > after))
    else:
        highest = max(db.session.scalars(following.limit(limit)), default=None)
    return highest if highest is not None and wait_for_writers(Message, PATIENCE_S) else after


def _pending(condition: ColumnElement[bool]) -> list[int]:
    """Return those answers that are still being made."""
    young = Message.timestamp > now() - ABANDONED
    return list(db.session.scalars(select(Message.id).where(condition, _IS_PENDING, young)))


def _still_there(ids: tuple[int, ...]) -> list[int]:
    return list(db.session.scalars(select(Message.id).where(Message.id.in_(ids)).order_by(Message.id)))


def _follows(until: int) -> bool:
    return db.session.scalar(select(Message.id).where(Message.id > until).limit(1)) is not None
