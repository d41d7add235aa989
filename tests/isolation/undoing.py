"""A database that is put back, and what a request writes into it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager

from sqlalchemy import event

_WRITES = re.compile(r"\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


def table_written(statement: str) -> str:
    """Return the table that a statement writes to; empty where it only reads."""
    found = _WRITES.match(statement)
    return found[1] if found else ""


@contextmanager
def put_back(path):
    """Yield a function that puts an SQLite database back to what it holds now."""
    kept, file = sqlite3.connect(":memory:"), sqlite3.connect(path)
    file.backup(kept)
    try:
        yield lambda: kept.backup(file)
    finally:
        kept.backup(file)
        kept.close()
        file.close()


@contextmanager
def writes(engine):
    """Yield the tables that are written to and kept, a name for each statement, as long as the block lasts."""
    seen: list[str] = []
    begun: list[str] = []

    def note(_conn, _cursor, statement, *_more):
        if table := table_written(statement):
            begun.append(table)

    def settle(_conn):
        seen.extend(begun)
        begun.clear()

    def forget(_conn):
        begun.clear()

    listeners = {"before_cursor_execute": note, "commit": settle, "rollback": forget}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield seen
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)
