"""The wall between customers: every statement is cut to the scope, every write is held against it.

Reads get `with_loader_criteria` on every owned table; rows are checked before each flush; what can't be cut (Core
statements, text, bulk methods) is refused unless it comes from `models/raw.py`, which takes the scope as an argument.
(FAB's `base_filters` are no wall: dropdowns, posted foreign keys, actions and related views pass them by.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Alias, Column, Table, TextClause, event, inspect, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, scoped_session, with_loader_criteria
from sqlalchemy.sql import visitors

from models.base import Model
from models.likelihood import OfMost
from models.tenancy import (
    RAW,
    BelowService,
    ChatbotOwned,
    Commercial,
    ForeignRowError,
    PerhapsChatbotOwned,
    PersonOwned,
    Scope,
    ServiceOwned,
    WorkspaceOwned,
    current,
)

_OWNERSHIP = {"service_id", "workspace_id", "chatbot_id", "user_id", "holder_id"}
_PERSONAL = {  # owned, though they carry no service_id
    "services", "ab_user", "user_verification", "profiles", "devices", "second_factors", "recovery_codes",
    "terms_acceptances",
}  # fmt: skip
_HARMLESS_TEXTS = {"*", "1"}  # as in count(*) and EXISTS (SELECT 1)


def _table(name: str) -> Any:
    return Model.metadata.tables[name]


@lru_cache(maxsize=16)
def _mapped(name: str) -> Any:
    return next(m.class_ for m in Model.registry.mappers if m.class_.__name__ == name)


def _cut(entity: Any, condition: Any) -> Any:
    return with_loader_criteria(entity, condition, include_aliases=True)


def _narrow(cls: Any, condition: Any) -> Any:
    return OfMost(condition) if cls.is_found_by_parent else condition


def _by_service(ids: list[int]) -> Iterator[Any]:
    yield _cut(ServiceOwned, lambda cls: _narrow(cls, cls.service_id.in_(ids)))


def _by_purchase(ids: list[int], member_id: int | None) -> Iterator[Any]:
    people = _table("service_members")
    seated = select(people.c.user_id).where(people.c.service_id.in_(ids))
    yield _cut(Commercial, lambda cls: cls.service_id.in_(ids))
    yield _cut(_mapped("Service"), lambda cls: cls.id.in_(ids))
    yield _cut(User, lambda cls: or_(cls.id.in_(seated), cls.id == member_id))


def _by_workspace(ids: list[int]) -> Iterator[Any]:
    chatbots, grants = _table("chatbots"), _table("domain_grants")
    inside = select(chatbots.c.id).where(chatbots.c.workspace_id.in_(ids))
    granted = select(grants.c.domain_id).where(grants.c.workspace_id.in_(ids))
    yield _cut(WorkspaceOwned, lambda cls: cls.workspace_id.in_(ids))
    yield _cut(_mapped("Workspace"), lambda cls: cls.id.in_(ids))
    yield _cut(ChatbotOwned, lambda cls: _narrow(cls, cls.chatbot_id.in_(inside)))
    yield _cut(PerhapsChatbotOwned, lambda cls: or_(cls.chatbot_id.is_(None), cls.chatbot_id.in_(inside)))
    yield _cut(_mapped("Domain"), lambda cls: or_(cls.is_kept.is_(False), cls.id.in_(granted)))


def _by_trail(ids: list[int], workspace_ids: list[int] | None) -> Iterator[Any]:
    """Cut the audit trail, whose rows need not lie in a workspace."""
    event = _mapped("AuditEvent")
    yield _cut(event, lambda cls: cls.service_id.in_(ids))
    if workspace_ids is not None:
        yield _cut(event, lambda cls: or_(cls.workspace_id.is_(None), cls.workspace_id.in_(workspace_ids)))


@lru_cache(maxsize=1024)
def _criteria(scope: Scope) -> tuple[Any, ...]:
    options: list[Any] = []
    if scope.service_ids is not None:
        ids, member_id = sorted(scope.service_ids), scope.member_id
        options += _by_service(ids)
        options.append(_cut(PersonOwned, lambda cls: cls.user_id == member_id))
        if not scope.sells:
            places = None if scope.workspace_ids is None else sorted(scope.workspace_ids)
            options += [*_by_purchase(ids, member_id), *_by_trail(ids, places)]
    if scope.workspace_ids is not None:
        options += _by_workspace(sorted(scope.workspace_ids))
    return tuple(options)


def _owned_table(element: Any) -> str:
    """Return the name of the owned table that a part of a statement belongs to; empty for anything else."""
    table: Any = element.table if isinstance(element, Column) else element
    table = table.element if isinstance(table, Alias) else table
    is_owned = isinstance(table, Table) and ("service_id" in table.c or table.name in _PERSONAL)
    return str(table.name) if is_owned else ""


def _names_rows_past_the_orm(statement: Any) -> bool:
    """Tell whether an ORM statement names rows that no criteria reach: by text, or by a table without its class."""
    bare_tables: set[str] = set()
    mapped_tables: set[str] = set()
    for element in visitors.iterate(statement):
        if isinstance(element, TextClause):
            return True
        if getattr(element, "is_literal", False) and str(element) not in _HARMLESS_TEXTS:
            return True
        is_mapped = "parentmapper" in element._annotations  # noqa: SLF001 - how the ORM marks what it knows
        (mapped_tables if is_mapped else bare_tables).add(_owned_table(element))
    return bool(bare_tables - mapped_tables - {""})


def _refuse_what_can_not_be_cut(state: ORMExecuteState) -> None:
    if current().reads_only and (state.is_insert or state.is_update or state.is_delete):
        raise ForeignRowError("who only looks changes nothing")
    if state.is_insert:
        raise ForeignRowError("bulk inserts go through models/raw.py, which asks for the scope")
    if state.is_from_statement:
        raise ForeignRowError("rows are not read from a text or a Core statement")
    if state.is_update:
        _refuse_change_of_owner(state)
    if not state.is_relationship_load and _names_rows_past_the_orm(state.statement):
        raise ForeignRowError("an ORM statement names a table without its class: see models/raw.py")


def _refuse_change_of_owner(state: ORMExecuteState) -> None:
    statement: Any = state.statement
    if state.is_executemany or isinstance(state.parameters, list):
        raise ForeignRowError("an update by primary key is not cut to the scope")
    set_columns = statement._values or dict(statement._ordered_values or ())  # noqa: SLF001 - no public way to ask
    if _OWNERSHIP & {getattr(column, "key", column) for column in set_columns}:
        raise ForeignRowError("rows change their owner one by one, so that the new one is checked")


def _guard_statement(state: ORMExecuteState) -> None:
    """Cut every ORM statement to the scope; refuse others on owned tables unless models/raw.py sent them."""
    scope = current()
    if scope.is_unlimited:
        return
    if not state.is_orm_statement:
        if not state.execution_options.get(RAW):
            raise ForeignRowError("Core statements on owned tables live in models/raw.py")
    elif not state.is_column_load:  # a row in hand stays readable: it was reached through the wall
        _refuse_what_can_not_be_cut(state)
        state.statement = state.statement.options(*_criteria(scope))


def _refuse(row: object) -> None:
    raise ForeignRowError(f"{type(row).__name__} lies outside the scope")


def _values(row: object, attribute: str) -> list[Any]:
    """Return what the attribute is and, where it is being changed, what it was."""
    history = inspect(row).attrs[attribute].load_history()
    return [value for value in (*history.unchanged, *history.deleted, *history.added) if value is not None]


def _check_service(row: Any, scope: Scope) -> None:
    if row.service_id is None and scope.service_ids is not None and len(scope.service_ids) == 1:
        row.service_id = next(iter(scope.service_ids))
    if isinstance(row, Commercial) and scope.sells:
        return
    if row.service_id is None or not all(map(scope.holds_service, _values(row, "service_id"))):
        _refuse(row)


def _check_workspaces(session: Session, rows: list[Any], scope: Scope) -> None:
    if scope.workspace_ids is None:
        return
    wanted = {i for row in rows if isinstance(row, WorkspaceOwned) for i in _values(row, "workspace_id")}
    below = (row for row in rows if isinstance(row, ChatbotOwned | PerhapsChatbotOwned))
    chatbot_ids = {i for row in below for i in _values(row, "chatbot_id")}
    if chatbot_ids:
        chatbots = _table("chatbots")
        query = select(chatbots.c.workspace_id).where(chatbots.c.id.in_(chatbot_ids))
        wanted.update(session.connection().scalars(query))
    if not all(map(scope.holds_workspace, wanted)):
        raise ForeignRowError("a workspace outside the scope would be written to")


def _check_person(row: Any, scope: Scope) -> None:
    """Hold rows that are below no service against the scope: a person writes their own, staff those they sell to."""
    if isinstance(row, _mapped("Service")):
        allowed = scope.sells or (row.id is not None and scope.holds_service(row.id))
    elif isinstance(row, User):
        allowed = scope.sells or (row.id is not None and row.id == scope.member_id)
    elif isinstance(row, PersonOwned):
        allowed = set(_values(row, "user_id")) == {scope.member_id}
    elif isinstance(row, _mapped("AuditEvent")):
        is_known = scope.member_id is not None or scope.holds_service(row.service_id)
        allowed = is_known and not inspect(row).persistent  # the trail is only ever added to
    else:
        return
    if not allowed:
        _refuse(row)


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
    changed = [row for row in session.dirty if session.is_modified(row)]
    touched = (*session.new, *changed, *session.deleted)
    if touched and scope.reads_only:
        raise ForeignRowError("who only looks changes nothing")
    owned = [row for row in touched if isinstance(row, BelowService)]
    with session.no_autoflush:
        for row in touched:
            _adopt_parent_ids(row)
            _check_person(row, scope)
        for row in owned:
            _check_service(row, scope)
        _check_workspaces(session, owned, scope)


class _WalledSession(Session):
    """What a session does without a statement or a flush that could be guarded."""

    def get(self, entity: Any, ident: Any, *, options: Any = None, **how: Any) -> Any:
        """Ask the database each time: what the session remembers was perhaps loaded under another scope."""
        if current().is_unlimited:
            return super().get(entity, ident, options=options, **how)
        mapper = inspect(entity).mapper
        names = [mapper.get_property_by_column(column).key for column in mapper.primary_key]
        keys = ident if isinstance(ident, tuple) else (ident,)
        query = select(entity).filter_by(**dict(zip(names, keys, strict=True)))
        return self.scalar(query.options(*options or ()))

    def refresh(self, instance: Any, *args: Any, **how: Any) -> None:
        identity = inspect(instance).identity
        if identity is not None and self.get(type(instance), identity) is None:
            _refuse(instance)
        super().refresh(instance, *args, **how)

    def bulk_save_objects(self, *args: Any, **how: Any) -> None:
        _require_no_limit()
        super().bulk_save_objects(*args, **how)

    def bulk_insert_mappings(self, *args: Any, **how: Any) -> None:
        _require_no_limit()
        super().bulk_insert_mappings(*args, **how)

    def bulk_update_mappings(self, *args: Any, **how: Any) -> None:
        _require_no_limit()
        super().bulk_update_mappings(*args, **how)


def _require_no_limit() -> None:
    if not current().is_unlimited:
        raise ForeignRowError("bulk work goes through models/raw.py, which asks for the scope")


def install(session: scoped_session[Any]) -> None:
    """Put the wall into a session factory, once."""
    factory: Any = session.session_factory
    factory.class_ = type("WalledSession", (_WalledSession, factory.class_), {})
    event.listen(session, "do_orm_execute", _guard_statement)
    event.listen(session, "before_flush", _guard_flush)
