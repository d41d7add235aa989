"""Failures that an operator can mend, each as one plain sentence."""

from __future__ import annotations

import errno


class CommandError(Exception):
    """A command can't do what was asked; the message says what is wrong and what to do."""


def _explain_os(error: OSError) -> str | None:
    if error.errno == errno.ENOSPC:
        return "The disk is full: make room in the data folder (DATA_DIR) and start again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"There is no right to write to {error.filename}: give it, or name another folder in DATA_DIR."
    return None


def explain(error: Exception) -> str | None:
    """Return one sentence about what is wrong and what to do; None for a mistake of the program itself."""
    from redis.exceptions import RedisError
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

    names = {type_.__name__ for type_ in type(error).__mro__}
    if names & {"ConfigError", "IndexesError", "AddressError"}:
        return str(error)
    if isinstance(error, (ArgumentError, NoSuchModuleError)):
        return "DATABASE_URL is not an address of a database: it looks like postgresql://user:password@host/name."
    if isinstance(error, DBAPIError):
        return f"The database can't be used ({_first_line(error.orig)}): check DATABASE_URL and that it is running."
    if isinstance(error, RedisError):
        return f"Redis can't be reached ({_first_line(error)}): check REDIS_URL and that it is running."
    return _explain_os(error) if isinstance(error, OSError) else None


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or ["no reason given"])[0]
