"""The stages of reading a source, from the queue to the first answer: when each ended, and how long it took."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from models import Source


@dataclass(frozen=True)
class Step:
    """One stage. `at`: when it ended; None: not yet. `took_s`: seconds. `is_next`: the first that has not ended."""

    name: str
    at: dt.datetime | None
    took_s: float | None
    is_next: bool = False


def steps_of(source: Source) -> list[Step]:
    """Return the stages of the latest reading of a file, page or text."""
    moments = _moments(source)
    n_done = next((n for n, (_, at) in enumerate(moments) if at is None), len(moments))
    return [
        Step(name, at, _seconds(moments[n - 1][1], at) if n else None, is_next=n == n_done)
        for n, (name, at) in enumerate(moments)
    ]


def _moments(source: Source) -> list[tuple[str, dt.datetime | None]]:
    """Return each stage with its end. Of what was read before these were kept, only those that are known."""
    is_read = source.state == "ready"
    moments = [
        ("queued", source.queued_at or source.created_at),
        ("begun", source.taken_at),
        ("fetched", source.fetched_at),
        ("parsed", source.parsed_at),
        ("chunked", source.chunked_at),
        ("embedded", source.finished_at if is_read else None),
    ]
    known = [(name, at) for name, at in moments if at is not None or not is_read]
    return [*known, ("published", source.published_at)]


def _seconds(before: dt.datetime | None, after: dt.datetime | None) -> float | None:
    return (after - before).total_seconds() if before is not None and after is not None else None
