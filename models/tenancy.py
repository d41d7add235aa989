"""The scope of a request, job or visitor, and the mixins that say to whom a row belongs. See `models/wall.py`.

A scope says which services and workspaces are open. It lives in a context variable and starts as NOTHING: no scope,
no rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from models.base import BigId

RAW = "docent_raw"  # execution option that models/raw.py sets on its Core statements


class ForeignRowError(Exception):
    """A write would touch a row outside the scope. Answered as 404: a stranger's row does not exist."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The services and workspaces that are open (ids); None stands for all of them.

    `member_id` opens what belongs to one person alone. `sells` opens the commercial tables (services, subscriptions,
    service members) and the people of every customer, as staff need them, without opening any customer's workspaces.
    `reads_only` lets nothing be written, as for somebody who looks at a customer's service.
    """

    service_ids: frozenset[int] | None = frozenset()
    workspace_ids: frozenset[int] | None = frozenset()
    member_id: int | None = None
    sells: bool = False
    reads_only: bool = False

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
    """Go back to the scope before; to NOTHING where a dropped stream is closed by another thread than began it."""
    try:
        _scope.reset(token)
    except ValueError:
        _scope.set(NOTHING)


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


class BelowService:
    """What every row below a service carries. (`active_history`: the wall asks what an owner was before a change.)"""

    is_found_by_parent: ClassVar[bool] = False

    service_id: Mapped[int] = mapped_column(
        ForeignKey("services.id", ondelete="CASCADE"), index=True, active_history=True
    )


class PersonOwned:
    """A row that belongs to one person, whatever services they are in: seen by nobody else."""

    user_id: Mapped[int] = mapped_column()


class Commercial(BelowService):
    """A row about what a service bought and who is in it: staff who sell see it for every customer."""


class ServiceOwned(BelowService):
    """A row that belongs to one service."""


class WorkspaceOwned(ServiceOwned):
    """A row that belongs to one workspace of a service; its table names the composite foreign key."""

    workspace_id: Mapped[int] = mapped_column(BigId, index=True, active_history=True)


class ChatbotOwned(ServiceOwned):
    """A row below a chatbot. Which workspace may see it is asked of the chatbot, so that a move touches one row."""

    chatbot_id: Mapped[int] = mapped_column(BigId, index=True, active_history=True)


class ChatOwned(ChatbotOwned):
    """A row below a chat, of which there are many: found by its chat, message or cluster, and then cut to the scope."""

    is_found_by_parent = True


class PerhapsChatbotOwned(ServiceOwned):
    """A row below a chatbot, or below its whole service where it names none."""

    chatbot_id: Mapped[int | None] = mapped_column(BigId, index=True, active_history=True)
