"""Telling other hosts what happens: errors to Sentry, spans to an OpenTelemetry collector, where settings name them.

Their libraries are not installed with Docent and loaded only where they are asked for. What is sent is made of names,
numbers and places in the program (`app/discreet.py`): libraries that collect by themselves would send variables,
statements and bodies of requests.

    MissingLibrary          a setting asks for a library that is not installed; the message says what to do
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telemetry import errors, spans
from app.telemetry.needs import MissingLibrary

if TYPE_CHECKING:
    from config import Config

__all__ = ["MissingLibrary", "flush", "start"]


def start(config: Config, process: str) -> None:
    """Begin to tell, as the settings say.

    Raises:
        MissingLibrary: what is needed for it is not installed.
    """
    if config.sentry_dsn:
        errors.start(config.sentry_dsn, process)
    if config.otel_exporter_otlp_endpoint:
        spans.start(config.otel_exporter_otlp_endpoint, process)


def flush() -> None:
    """Send what waits to be sent: for a process that is about to end without a farewell."""
    errors.flush()
    spans.flush()
