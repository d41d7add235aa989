"""Statements compiled once for all installations of a test process: an application of its own compiles each of them anew."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.util import LRUCache


class CompiledStatements(LRUCache):
    """Compiled statements, for engines that differ in nothing but the database: of a dialect, its kind is asked for."""

    def get(self, key, default=None):
        return super().get(_of_kind(key), default)

    def __setitem__(self, key, compiled):
        super().__setitem__(_of_kind(key), compiled)


def _of_kind(key):
    dialect, *others = key
    return type(dialect), *others


_COMPILED = CompiledStatements(capacity=5000)


def share_compiled(engine: Engine) -> None:
    engine._compiled_cache = _COMPILED
