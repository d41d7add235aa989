"""Reading what an export holds, batch by batch: memory holds one batch, and no transaction is open between two.

Chats come in the order in which they began, each with its messages together. With a window of `app/history/feed.py`
messages come in the order of their ids instead: those that came since the last time, whatever chat they belong to.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count as count_from
from typing import Any

from sqlalchemy import Row, Select, func, null, select, tuple_

from app.exports.beside import look_up
from app.exports.columns import Column, choose
from app.history import matching
from app.history.feed import Window, is_awaited
from app.history.filters import Filter
from models import ChatSession, Message, db
from models.base import among, now

SESSIONS = 400  # of one reading
MESSAGES = 2000  # of one batch, about
_BEFORE_SESSION, _BEFORE_MESSAGE = 3, 4  # what is read of each beside its columns
_CHAT = 1  # where a message's row names its chat
Rows = list[tuple[Any, ...]]
Sessions = dict[int, Row[Any]]


@dataclass(frozen=True)
class Wanted:
    """What an export holds. `readable` are the workspaces whose history may be read; None: all of the scope."""

    filter: Filter
    per: str = "message"
    columns: tuple[str, ...] = ()  # none: the usual
    readable: Collection[int] | None = None
    chosen: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", choose(self.per, self.columns))

    @property
    def of_sessions(self) -> list[Any]:
        return [column.value for column in self.chosen if column.is_of_session]

    @property
    def of_messages(self) -> list[Any]:
        return [column.value for column in self.chosen if not column.is_of_session]


def count(wanted: Wanted) -> tuple[int, int]:
    """Return how many chats and how many messages match at this moment; answers that are being made aside."""
    n_said = ChatSession.n_questions
    for state in ("grounded", "curated", "refused", "error"):
        n_said = n_said + getattr(ChatSession, f"n_{state}")
    counts: Any = select(func.count(), func.sum(n_said)).select_from(ChatSession)
    n_sessions, n_messages = db.session.execute(matching.cut_sessions(counts, wanted.filter, wanted.readable)).one()
    return n_sessions, int(n_messages or 0)


def read(wanted: Wanted) -> Iterator[Rows]:
    """Yield the rows of what matches now, with a value for each column; what begins meanwhile is left out."""
    until = min(filter(None, (wanted.filter.until, now())))
    wanted = replace(wanted, filter=replace(wanted.filter, until=until))
    last = None
    while sessions := _sessions_after(wanted, last):
        last = (sessions[-1].begun_at, sessions[-1].chat_id)
        if wanted.per == "session":
            yield _finish(wanted, sessions, {})
            continue
        for some in _slices(sessions):
            yield from _dialogues(wanted, some)


def read_window(wanted: Wanted, window: Window, retried: list[int]) -> Iterator[Rows]:
    """Yield the rows of the messages of a window; ids of those that are being answered again are put into `retried`."""
    for messages in _messages_of(wanted, window):
        if finished := _with_sessions(wanted, messages, retried):
            yield finished


def _messages_of(wanted: Wanted, window: Window) -> Iterator[list[Row[Any]]]:
    yield _messages(wanted, Message.id.in_(window.late), matched=True)
    last = window.after
    while last < window.until:
        following = (Message.id > last) & (Message.id <= window.until) & Message.id.not_in(window.unfinished)
        messages = _messages(wanted, following, matched=True)
        last = messages[-1].message_id if len(messages) == MESSAGES else window.until
        yield messages


def _of_sessions(wanted: Wanted) -> Select[Any]:
    """Select sessions: what reading needs under names of its own, then their columns."""
    named = (
        ChatSession.started_at.label("begun_at"),
        ChatSession.id.label("chat_id"),
        ChatSession.n_questions.label("n"),
    )
    return select(*named, *wanted.of_sessions)


def _sessions_after(wanted: Wanted, last: tuple[Any, int] | None) -> list[Row[Any]]:
    place = (ChatSession.started_at, ChatSession.id)
    query = matching.cut_sessions(_of_sessions(wanted), wanted.filter, wanted.readable)
    if last is not None:
        query = query.where(tuple_(*place) > last)
    return list(db.session.execute(query.order_by(*place).limit(SESSIONS)))


def _slices(sessions: Sequence[Row[Any]]) -> Iterator[Sessions]:
    """Yield sessions whose messages make about one batch."""
    some: Sessions = {}
    n_messages = 0
    for session in sessions:
        if some and n_messages + 2 * session.n > MESSAGES:
            yield some
            some, n_messages = {}, 0
        some[session.chat_id] = session
        n_messages += 2 * session.n
    yield some


def _dialogues(wanted: Wanted, sessions: Sessions) -> Iterator[Rows]:
    """Yield the messages of some sessions: in one batch, unless one of them is very long."""
    order = {session_id: number for number, session_id in enumerate(sessions)}
    last = 0
    while messages := _messages(wanted, among(Message.session_id, sessions) & (Message.id > last)):
        last = messages[-1].message_id
        yield _finish(wanted, sorted(messages, key=lambda message: order[message.chat_id]), sessions)
        if len(messages) < MESSAGES:
            return


def _messages(wanted: Wanted, condition: Any, *, matched: bool = False) -> list[Row[Any]]:
    named = Message.id.label("message_id"), Message.session_id.label("chat_id"), Message.finish.label("ended")
    moment = Message.timestamp if matched else null()  # told by whether an answer is awaited, and costly to read
    query = select(*named, moment.label("moment"), *wanted.of_messages).where(condition)
    if matched:
        query = matching.cut_messages(query, wanted.filter, wanted.readable)
    return list(db.session.execute(query.order_by(Message.id).limit(MESSAGES)))


def _with_sessions(wanted: Wanted, messages: list[Row[Any]], retried: list[int]) -> Rows:
    again = {message.message_id for message in messages if is_awaited(message.ended, message.moment)}
    retried += sorted(again)
    ids = {message.chat_id for message in messages}
    sessions = {row.chat_id: row for row in db.session.execute(_of_sessions(wanted).where(among(ChatSession.id, ids)))}
    messages = [one for one in messages if one.message_id not in again and one.chat_id in sessions]  # erased since
    return _finish(wanted, messages, sessions)


def _finish(wanted: Wanted, rows: list[Row[Any]], sessions: Sessions) -> Rows:
    """Write a batch column by column, end the transaction, and return the rows."""
    chats = [sessions[row[_CHAT]] for row in rows] if wanted.per == "message" else rows
    places = {True: count_from(_BEFORE_SESSION), False: count_from(_BEFORE_MESSAGE)}
    columns = [
        _write_column(column, next(places[column.is_of_session]), chats if column.is_of_session else rows)
        for column in wanted.chosen
    ]
    db.session.rollback()
    return list(zip(*columns, strict=True))


def _write_column(column: Column, place: int, rows: list[Row[Any]]) -> list[Any]:
    values = [row[place] for row in rows]
    if column.beside:
        values = look_up(column.beside, values)
    return [*map(column.convert, values)] if column.convert else values
