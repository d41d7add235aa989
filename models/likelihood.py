"""A condition that tells SQLite, which keeps no statistics, not to find rows by it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class OfMost(FunctionElement[bool]):
    """A condition that tells SQLite, which keeps no statistics, that it narrows down little.

    It would else read all rows of a service to find those of a few chats. PostgreSQL knows.
    """

    inherit_cache = True
    type = Boolean()
    _is_implicitly_boolean = True  # else it is compared with 1, and no index is found by it


@compiles(OfMost)
def _as_it_is(element: Any, compiler: Any, **how: Any) -> str:
    return str(compiler.process(element.clauses, **how))


@compiles(OfMost, "sqlite")
def _as_likely(element: Any, compiler: Any, **how: Any) -> str:
    return f"likelihood({compiler.process(element.clauses, **how)}, 0.5)"
