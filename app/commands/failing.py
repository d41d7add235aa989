"""Failures that an operator can mend, each as one plain sentence."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError

# Errors whose own message is such a sentence, by name: importing them would load the rooms that a command may not need.
_PLAIN = {
    "CommandError",
    "ConfigError",
    "IndexesError",
    "AddressError",
    "MissingLibrary",
    "Refusal",
    "RunError",
    "StorageError",
}
_MAX_WORDS = 300  # of what a server says
_FULL = "The disk is full: make room for the data folder (DATA_DIR) and try again."
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DAMAGED = "The database file is damaged ({}): stop Docent, put a backup of the file back, and start again."
_CLOSED = "The database file can't be written ({}): check the rights of the file and of its folder, and DATABASE_URL."
_UNREACHABLE = "The database can't be used ({}): check DATABASE_URL and that the server is running."
# what SQLite says -> what to do
_SQLITE = (
    ("malformed", _DAMAGED),
    ("not a database", _DAMAGED),
    ("disk is full", _FULL),
    ("disk I/O error", _FULL),
    ("unable to open", _CLOSED),
    ("readonly", _CLOSED),
)


class CommandError(Exception):
    """A command can't do what was asked; the message says what is wrong and what to do."""


def _explain_os(error: OSError) -> str | None:
    if error.errno in _NO_SPACE:
        return _FULL
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"There is no right to write to {error.filename}: give it, or name another folder in DATA_DIR."
    return None


def _explain_database(error: DBAPIError) -> str | None:
    from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

    if isinstance(error, (DataError, IntegrityError, ProgrammingError)):
        return None  # the statement is wrong, not the database
    reason = _first_line(error.orig)
    return next((words for said, words in _SQLITE if said in reason), _UNREACHABLE).format(reason)


def explain(error: Exception) -> str | None:
    """Return one sentence about what is wrong and what to do; None for a mistake of the program itself."""
    if {type_.__name__ for type_ in type(error).__mro__} & _PLAIN:
        return str(error)
    if isinstance(error, OSError):
        return _explain_os(error)
    from redis.exceptions import RedisError
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, DBAPIError):
        return _explain_database(error)
    if isinstance(error, RedisError):
        return f"Redis can't be used ({_first_line(error)}): check REDIS_URL and that it is running."
    return None


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0][:_MAX_WORDS].rstrip(".")
