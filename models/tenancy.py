"""The wall between customers: what a request, job or visitor may see is a scope, and every query is cut to it.

A scope says which services and workspaces are open. It lives in a context variable and starts as NOTHING: no scope,
no rows. Reads get `with_loader_criteria` on every owned table; writes are checked before each flush; Core statements
are refused unless they come from `models/raw.py`, which takes the scope as an argument.
(FAB's `base_filters` are no wall: dropdowns, posted foreign keys, actions and related views pass them by.)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, event, inspect, select
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria

from models.base import BigId, Model

RAW = "docent_raw"  # execution option that models/raw.py sets on its Core statements


class ForeignRowError(Exception):
    """A write would touch a row outside the scope. Answered as 404: a stranger's row does not exist."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The services and workspaces that are open (ids); None stands for all of them.

    `sells` opens the commercial tables (services, subscriptions, service members) of every customer, as staff need
    them, without opening any customer's workspaces.
    """

    service_ids: frozenset[int] | None = frozenset()
    workspace_ids: frozenset[int] | None = frozenset()
    sells: bool = False

    @property
    def is_unlimited(self) -> bool:
        return self.service_ids is None and self.workspace_ids is None

    def holds_service(self, service_id: int | None) -> bool:
        return self.service_ids is None or service_id in self.service_ids

    def holds_workspace(self, workspace_id: int | None) -> bool:
        return self.workspace_ids is None or workspace_id in self.workspace_ids


NOTHING = Scope()
EVERYTHING = Scope(None, None, sells=True)
_scope: ContextVar[Scope] = ContextVar("docent_scope", default=NOTHING)


def current() -> Scope:
    return _scope.get()


def enter(scope: Scope) -> Token[Scope]:
    return _scope.set(scope)


def leave(token: Token[Scope]) -> None:
    _scope.reset(token)


def clear() -> None:
    """Close the scope for good: what a request does when it ends, whatever it had opened."""
    _scope.set(NOTHING)


@contextmanager
def use(scope: Scope) -> Iterator[Scope]:
    token = enter(scope)
    try:
        yield scope
    finally:
        leave(token)


def everything() -> Any:
    """Open all services: for sign-in, the command line and jobs that are about to narrow it down."""
    return use(EVERYTHING)


def service_scope(service_id: int, workspace_ids: Collection[int] | None = None) -> Scope:
    """Return the scope of one service, as jobs and the widget open it; all of its workspaces unless named."""
    return Scope(frozenset({service_id}), None if workspace_ids is None else frozenset(workspace_ids))


class _BelowService:
    """What every row below a service carries."""

    service_id: Mapped[int] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"), index=True)


class Commercial(_BelowService):
    """A row about what a service bought and who is in it: staff who sell see it for every customer."""


class ServiceOwned(_BelowService):
    """A row that belongs to one service."""


class WorkspaceOwned(ServiceOwned):
    """A row that belongs to one workspace of a service; its table names the composite foreign key."""

    workspace_id: Mapped[int] = mapped_column(BigId, index=True)


class ChatbotOwned(ServiceOwned):
    """A row below a chatbot. Which workspace may see it is asked of the chatbot, so that a move touches one row."""

    chatbot_id: Mapped[int] = mapped_column(BigId, index=True)


def _table(name: str) -> Any:
    return Model.metadata.tables[name]


def _mapped(name: str) -> Any:
    return next(m.class_ for m in Model.registry.mappers if m.class_.__name__ == name)


def _by_service(ids: list[int], scope: Scope) -> Iterator[Any]:
    yield with_loader_criteria(ServiceOwned, lambda cls: cls.service_id.in_(ids), include_aliases=True)
    yield with_loader_criteria(_mapped("AuditEvent"), lambda cls: cls.service_id.in_(ids), include_aliases=True)
    if not scope.sells:
        yield with_loader_criteria(Commercial, lambda cls: cls.service_id.in_(ids), include_aliases=True)
        yield with_loader_criteria(_mapped("Service"), lambda cls: cls.id.in_(ids), include_aliases=True)
        people = _table("service_members")
        yield with_loader_criteria(
            _mapped("Member"),
            lambda cls: cls.id.in_(select(people.c.user_id).where(people.c.service_id.in_(ids))),
            include_aliases=True,
        )


def _by_workspace(ids: list[int]) -> Iterator[Any]:
    chatbots = _table("chatbots")
    yield with_loader_criteria(WorkspaceOwned, lambda cls: cls.workspace_id.in_(ids), include_aliases=True)
    yield with_loader_criteria(_mapped("Workspace"), lambda cls: cls.id.in_(ids), include_aliases=True)
    yield with_loader_criteria(
        ChatbotOwned,
        lambda cls: cls.chatbot_id.in_(select(chatbots.c.id).where(chatbots.c.workspace_id.in_(ids))),
        include_aliases=True,
    )


def _criteria(scope: Scope) -> list[Any]:
    options: list[Any] = []
    if scope.service_ids is not None:
        options.extend(_by_service(sorted(scope.service_ids), scope))
    if scope.workspace_ids is not None:
        options.extend(_by_workspace(sorted(scope.workspace_ids)))
    return options


def _guard_statement(state: ORMExecuteState) -> None:
    """Cut every ORM statement to the scope; refuse others on owned tables unless models/raw.py sent them."""
    if state.is_orm_statement:
        if state.is_insert and not current().is_unlimited:
            raise ForeignRowError("bulk inserts go through models/raw.py, which asks for the scope")
        if not state.is_column_load:
            state.statement = state.statement.options(*_criteria(current()))
    elif not state.execution_options.get(RAW) and not current().is_unlimited:
        raise ForeignRowError("Core statements on owned tables live in models/raw.py")


def _refuse(row: object) -> None:
    raise ForeignRowError(f"{type(row).__name__} lies outside the scope")


def _values(row: object, attribute: str) -> list[Any]:
    """Return what the attribute is and, where it is being changed, what it was."""
    history = inspect(row).attrs[attribute].history
    return [value for value in (*history.unchanged, *history.deleted, *history.added) if value is not None]


def _stamp(row: Any, scope: Scope) -> None:
    if row.service_id is None and scope.service_ids is not None and len(scope.service_ids) == 1:
        row.service_id = next(iter(scope.service_ids))


def _check_service(row: Any, scope: Scope) -> None:
    _stamp(row, scope)
    if isinstance(row, Commercial) and scope.sells:
        return
    if row.service_id is None or not all(map(scope.holds_service, _values(row, "service_id"))):
        _refuse(row)


def _check_workspaces(session: Session, rows: list[Any], scope: Scope) -> None:
    if scope.workspace_ids is None:
        return
    wanted = {i for row in rows if isinstance(row, WorkspaceOwned) for i in _values(row, "workspace_id")}
    chatbot_ids = {i for row in rows if isinstance(row, ChatbotOwned) for i in _values(row, "chatbot_id")}
    if chatbot_ids:
        chatbots = _table("chatbots")
        query = select(chatbots.c.workspace_id).where(chatbots.c.id.in_(chatbot_ids))
        wanted.update(session.connection().scalars(query))
    if not all(map(scope.holds_workspace, wanted)):
        raise ForeignRowError("a workspace outside the scope would be written to")


def _adopt_parent_ids(row: Any) -> None:
    """Fill foreign keys from related objects that a form assigned, so that they can be checked before the flush."""
    for relation in inspect(type(row)).relationships:
        parent = row.__dict__.get(relation.key)
        if parent is not None and not relation.uselist and relation.direction.name == "MANYTOONE":
            for local, remote in relation.local_remote_pairs:
                key = inspect(type(row)).get_property_by_column(local).key
                value = getattr(parent, inspect(type(parent)).get_property_by_column(remote).key)
                if value is not None and getattr(row, key) != value:
                    setattr(row, key, value)


def _guard_flush(session: Session, _context: object, _instances: object) -> None:
    scope = current()
    if scope.is_unlimited:
        return
    touched = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, _BelowService)]
    with session.no_autoflush:
        for row in touched:
            _adopt_parent_ids(row)
            _check_service(row, scope)
        _check_workspaces(session, touched, scope)


def install(session: type[Session] | Any) -> None:
    """Put the guards on a session factory, once per application."""
    event.listen(session, "do_orm_execute", _guard_statement)
    event.listen(session, "before_flush", _guard_flush)
