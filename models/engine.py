"""How connections to SQLite and PostgreSQL behave, so that both keep the same promises."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

BUSY_TIMEOUT_S = 15
_READS = ("SELECT", "PRAGMA", "EXPLAIN", "BEGIN", "WITH")


def engine_options(url: str) -> dict[str, Any]:
    """Return Flask-SQLAlchemy's engine options for the database that `url` names."""
    # Errors of statements are told without their values: those are what people wrote.
    if url.startswith("sqlite"):
        # isolation_level None: Python's sqlite3 begins no transaction of its own, see `_begin_to_write`.
        how: dict[str, Any] = {"timeout": BUSY_TIMEOUT_S, "isolation_level": None, "check_same_thread": False}
        return {"hide_parameters": True, "connect_args": how}
    # A server that was restarted costs one ping, not an error page. A lock is never waited for longer than a request.
    # Moments come in UTC, as the code reckons, whatever the server's own time zone.
    options = "-c timezone=UTC -c lock_timeout=15000 -c statement_timeout=60000"
    how = {"connect_timeout": 5, "options": f"{options} -c idle_in_transaction_session_timeout=120000"}
    return {"hide_parameters": True, "pool_pre_ping": True, "pool_recycle": 1800, "connect_args": how}


def _set_pragmas(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    wait = f"busy_timeout={BUSY_TIMEOUT_S}000"
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL", "secure_delete=ON", wait):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_to_write(
    connection: Any, cursor: Any, statement: str, _parameters: object, _context: object, _many: object
) -> None:
    """Take SQLite's write lock before the first write, not half-way: a deferred BEGIN ends in "database is locked".

    Readers take no lock at all, so that pages never wait for a training.
    """
    reads_only = statement.lstrip().upper().startswith(_READS)
    if not reads_only and not connection.connection.dbapi_connection.in_transaction:
        cursor.execute("BEGIN IMMEDIATE")


def prepare(engine: Engine) -> None:
    """Set up an engine, once, before its first connection."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "before_cursor_execute", _begin_to_write)
