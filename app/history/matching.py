"""Putting a filter to queries: which sessions, messages and answers a reader wants to see, and may.

- `cut_sessions(query, wanted, readable)`: a select of `ChatSession`, to the sessions that match;
- `cut_messages(query, wanted, readable)`: a select of `Message`, to all messages of those sessions: whole dialogues;
- `cut_answers(query, wanted, readable)`: a select of `Message`, to the answers that themselves were given in that
  time, in that state, so liked and so slow, in sessions that match otherwise.

`readable` are the ids of the workspaces whose history the reader may read, as
`standing().workspaces_where("history.view")` returns them; None for all that the scope opens, as jobs have it.
The wall cuts each query to the scope besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, literal, select

from app.history import fulltext, pages
from app.history.filters import UNREVIEWED, Filter
from models import Chatbot, ChatSession, Domain, Message, MessageMark, Workspace, tenancy

# written into the statement itself: a partial index is found by its condition, not by a parameter
_NONE: ColumnElement[int] = literal(0, literal_execute=True)

Q = TypeVar("Q", bound=Select[*tuple[Any, ...]])


def _in_place(entity: type[ChatSession | Message], wanted: Filter, readable: Collection[int] | None) -> Iterator[Any]:
    """Yield what holds a session or message to the place that is wanted, and to what the reader may read."""
    if wanted.service_id is not None:
        yield entity.service_id == wanted.service_id
    if wanted.chatbot is not None:
        yield entity.chatbot_id == _one(select(Chatbot.id).where(Chatbot.uuid == wanted.chatbot))
    if wanted.domain is not None:
        yield entity.domain_id == _one(select(Domain.id).where(Domain.uuid == wanted.domain))
    chatbots = select(Chatbot.id)
    if readable is not None and not _opens_no_more(readable):
        yield entity.chatbot_id.in_(chatbots.where(Chatbot.workspace_id.in_(readable)))
    if wanted.workspace is not None:
        place = _one(select(Workspace.id).where(Workspace.uuid == wanted.workspace))
        yield entity.chatbot_id.in_(chatbots.where(Chatbot.workspace_id == place))


def _opens_no_more(readable: Collection[int]) -> bool:
    """Tell whether the wall lets nothing else through anyway: a second condition would only mislead the database."""
    in_scope = tenancy.current().workspace_ids
    return in_scope is not None and in_scope <= set(readable)


def _one(query: Select[int]) -> Any:
    return query.scalar_subquery()


def _of_session(wanted: Filter) -> Iterator[Any]:
    """Yield what no single message tells."""
    if wanted.language:
        yield ChatSession.language == wanted.language
    if wanted.page:
        yield pages.is_on(wanted.page, wanted.service_id)
    if wanted.words:
        yield fulltext.is_said(wanted.words, wanted.service_id)
    if wanted.has_form is not None:
        yield ChatSession.n_submissions > _NONE if wanted.has_form else ChatSession.n_submissions == _NONE
    if wanted.handed_over is not None:
        handed = ChatSession.handed_over_at.is_not(None)
        yield handed if wanted.handed_over else ~handed
    if wanted.mark == UNREVIEWED:
        yield ChatSession.id.not_in(select(MessageMark.session_id).where(MessageMark.mark == "reviewed"))
    elif wanted.mark:
        yield ChatSession.id.in_(select(MessageMark.session_id).where(MessageMark.mark == wanted.mark))


def _of_answers_in_session(wanted: Filter) -> Iterator[Any]:
    """Yield what at least one answer of a session is like."""
    if wanted.since is not None:
        yield ChatSession.started_at >= wanted.since
    if wanted.until is not None:
        yield ChatSession.started_at < wanted.until
    for word in filter(None, (wanted.state, wanted.feedback)):
        yield getattr(ChatSession, f"n_{word}") > _NONE
    if wanted.slower_s is not None:
        yield ChatSession.slowest_ms > round(wanted.slower_s * 1000)


def _of_answer(wanted: Filter) -> Iterator[Any]:
    yield Message.type == "bot"
    if wanted.since is not None:
        yield Message.timestamp >= wanted.since
    if wanted.until is not None:
        yield Message.timestamp < wanted.until
    if wanted.state:
        yield Message.state == wanted.state
    if wanted.feedback:
        yield Message.feedback == wanted.feedback
    if wanted.slower_s is not None:
        yield Message.response_time > round(wanted.slower_s * 1000)


def cut_sessions(query: Q, wanted: Filter, readable: Collection[int] | None) -> Q:
    """Cut a query of sessions to those that are wanted and may be read."""
    return query.where(*_in_place(ChatSession, wanted, readable), *_of_answers_in_session(wanted), *_of_session(wanted))


def cut_messages(query: Q, wanted: Filter, readable: Collection[int] | None) -> Q:
    """Cut a query of messages to the whole dialogues of the sessions that are wanted and may be read."""
    return query.where(Message.session_id.in_(cut_sessions(select(ChatSession.id), wanted, readable)))


def cut_answers(query: Q, wanted: Filter, readable: Collection[int] | None) -> Q:
    """Cut a query of messages to the answers that are wanted and may be read, each judged by itself."""
    query = query.where(*_in_place(Message, wanted, readable), *_of_answer(wanted))
    further = list(_of_session(wanted))
    return query.where(Message.session_id.in_(select(ChatSession.id).where(*further))) if further else query
