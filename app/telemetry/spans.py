"""Spans of requests, answers, chat model calls and jobs, sent to an OpenTelemetry collector over HTTP.

A span belongs to the work in hand, whose context holds it (`flask.g`); one that is begun within it is its child.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import g

from app import discreet
from app.telemetry.needs import load

SETTING = "OTEL_EXPORTER_OTLP_ENDPOINT"
FLUSH_MS = 2000
Fact = str | int | float | bool
_api: Any = None
_provider: Any = None


def start(endpoint: str, process: str) -> None:
    """Send spans from now on, in the background. Headers and sampling are OpenTelemetry's own OTEL_... variables.

    Raises:
        MissingLibrary: OpenTelemetry's libraries are not installed.
    """
    global _api, _provider  # noqa: PLW0603 - one for the process
    sdk, export = load(SETTING, "opentelemetry.sdk.trace"), load(SETTING, "opentelemetry.sdk.trace.export")
    resources = load(SETTING, "opentelemetry.sdk.resources")
    exporter = load(SETTING, "opentelemetry.exporter.otlp.proto.http.trace_exporter")
    _api = load(SETTING, "opentelemetry.trace")
    about = resources.Resource.create({"service.name": "docent", "docent.process": process})
    _provider = sdk.TracerProvider(resource=about)
    sender = exporter.OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    _provider.add_span_processor(export.BatchSpanProcessor(sender))


def flush() -> None:
    if _provider is not None:
        _provider.force_flush(FLUSH_MS)


def begin(name: str, /, **facts: Fact) -> Any:
    """Return a new span below the one of the work in hand; None where nobody is told."""
    if _provider is None:
        return None
    parent = g.get("span")
    context = _api.set_span_in_context(parent) if parent is not None else None
    named = {"request_id": g.get("request_id", ""), "job_id": g.get("job_id", ""), **facts}
    facts = {f"docent.{key}": value for key, value in named.items() if value != ""}
    return _provider.get_tracer("docent").start_span(name, context, attributes=facts)


def end(span: Any, error: BaseException | None = None, **facts: Fact) -> None:
    if span is None:
        return
    span.set_attributes({f"docent.{key}": value for key, value in facts.items()})
    if error is not None:
        span.set_status(_api.StatusCode.ERROR, discreet.describe(error))
    span.end()


@contextmanager
def span(name: str, /, **facts: Fact) -> Iterator[None]:
    """Tell of a block of work; facts are names, numbers and kinds of ours, never words of a person."""
    if _provider is None:
        yield
        return
    g.span, outer = begin(name, **facts), g.get("span")
    found: BaseException | None = None
    try:
        yield
    except BaseException as error:
        found = error
        raise
    finally:
        end(g.span, found)
        g.span = outer
