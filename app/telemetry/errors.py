"""Errors that were logged, sent to Sentry: kinds and places of what was raised, names of request and job."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from app import discreet, logs
from app.telemetry.needs import load

FLUSH_S = 2.0
_sdk: Any = None


def start(dsn: str, process: str) -> None:
    """Send what is logged as an error from now on, in the background.

    Raises:
        MissingLibrary: Sentry's library is not installed.
    """
    global _sdk  # noqa: PLW0603 - one for the process, as the library has it
    _sdk = load("SENTRY_DSN", "sentry_sdk")
    _sdk.init(
        dsn=dsn, default_integrations=False, auto_enabling_integrations=False, auto_session_tracking=False,
        max_breadcrumbs=0, send_default_pii=False, include_local_variables=False, shutdown_timeout=FLUSH_S,
    )  # fmt: skip
    logging.getLogger().addHandler(_Reporter(process))


def flush() -> None:
    if _sdk is not None:
        _sdk.flush(FLUSH_S)


class _Reporter(logging.Handler):
    """Sends each record from ERROR on as one event, made of nothing but what stands in here."""

    def __init__(self, process: str) -> None:
        super().__init__(logging.ERROR)
        self._process, self._words = process, logs.Lines()

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        named = {name: value for name, value in logs.names_of_work().items() if value}
        event: dict[str, Any] = {
            "level": record.levelname.lower(), "logger": record.name, "tags": {"process": self._process, **named},
            "message": self._words.words_of(record),
        }  # fmt: skip
        if error is not None:
            event["exception"] = {"values": [_exception(cause) for cause in reversed([*discreet.chain(error)])]}
        _sdk.capture_event(event)


def _exception(error: BaseException) -> dict[str, Any]:
    frames = [
        {"filename": frame.filename, "function": frame.name, "lineno": frame.lineno, "context_line": frame.line}
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    kind = type(error)
    told = {"type": kind.__name__, "module": kind.__module__, "value": discreet.describe(error)}
    return {**told, "stacktrace": {"frames": frames}}
