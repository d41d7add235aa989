"""The log: lines to read, or a JSON object for each with the names of request and job; never what a person wrote.

Errors are told by kind and place (`app/discreet.py`), addresses are cut out, and libraries are heard from their
warnings on, as some tell at length what they send. With LOG_LEVEL=DEBUG errors are logged with their words, which may
be anybody's.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
import threading
from collections.abc import Mapping
from typing import Any

from app import discreet
from app.printable import as_json, on_one_line, printable

TEXT, JSON = "text", "json"
OURS = ("app", "models", "views", "widget", "jobs", "indexes")
_SILENT = ("flask_appbuilder", "alembic", "faiss")
_NAMED_BY = ("request_id", "job_id")  # in `flask.g`


class _Discreet(logging.Formatter):
    """Writes a record without what its errors say."""

    is_frank = False

    def words_of(self, record: logging.LogRecord) -> str:
        args: Any = record.args
        if isinstance(args, Mapping):
            args = {name: self._told(value) for name, value in args.items()}
        elif args:
            args = tuple(map(self._told, args))
        words = str(self._told(record.msg))
        return on_one_line(discreet.without_addresses(words % args if args else words))

    def _told(self, value: object) -> object:
        return discreet.describe(value) if isinstance(value, BaseException) and not self.is_frank else value

    def trace_of(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return ""
        if not self.is_frank:
            return discreet.trace(error)
        return printable(super().formatException(record.exc_info))  # type: ignore[arg-type]  # it has an error, as was seen above


class Lines(_Discreet):
    """For people: moment, level, place, words."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {self.words_of(record)}"
        return "\n".join(filter(None, (line, self.trace_of(record))))


class Objects(_Discreet):
    """For programs: one JSON object on each line. `fields` of a record's `extra` stand beside the rest."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname, "process": self._process, "logger": record.name,
            "message": self.words_of(record), **names_of_work(), **getattr(record, "fields", {}),
            "error": self.trace_of(record),
        }  # fmt: skip
        return as_json({name: value for name, value in told.items() if value != ""})


def names_of_work() -> dict[str, str]:
    """Return the names of the request or job that this thread works for, where it does for one."""
    from flask import g, has_app_context  # for processes that log: a command that says one thing has no use for it

    return {name: g.get(name, "") for name in _NAMED_BY} if has_app_context() else {}


def start(level: str, form: str, process: str) -> None:
    """Write the log of this process to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = Objects(process) if form == JSON else Lines()
    formatter.is_frank = level == "DEBUG"
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in _SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)
    threading.excepthook = _note_end_of_thread


def _note_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        error = ended.exc_value
        logging.getLogger("app.logs").error("a thread ended by an error", exc_info=error)
