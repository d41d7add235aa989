"""Libraries that a setting asks for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

PACKAGES = {
    "SENTRY_DSN": ("sentry-sdk==2.75.0",),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"),
}


class MissingLibrary(Exception):
    """A setting asks for a library that is not installed."""


def load(setting: str, module: str) -> Any:
    """Import a module for a setting.

    Raises:
        MissingLibrary: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        packages = " ".join(PACKAGES[setting])
        raise MissingLibrary(
            f"{setting} is set, and what it needs is not installed: run `.venv/bin/python -m pip install {packages}`."
        ) from error
