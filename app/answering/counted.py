"""What calls of chat models come to, for who watches the installation: outcomes and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app import figures
from app.answering.endpoints import Endpoint
from app.answering.usage import Usage

# how a call ended, by the name of what was raised, its cause first
_OUTCOMES = {
    "Busy": "busy", "Resting": "resting", "Unreachable": "unreachable", "TooSlow": "too_slow", "Refused": "refused",
    "GeneratorExit": "stopped",
}  # fmt: skip


@contextmanager
def counted(endpoint: Endpoint, usage: Usage) -> Iterator[None]:
    """Count one call; `stopped` is one whose rest nobody wanted: the visitor left, or what was said did not stand."""
    before, outcome = usage.so_far, "answered"
    try:
        yield
    except BaseException as error:
        names = (type(error.__cause__).__name__, type(error).__name__)
        outcome = next((_OUTCOMES[name] for name in names if name in _OUTCOMES), "broken")
        raise
    finally:
        figures.count(figures.MODEL_CALLS, endpoint.whose, outcome)
        for direction, now, then in zip(("read", "written"), usage.so_far, before, strict=False):
            figures.count(figures.MODEL_TOKENS, endpoint.whose, direction, n=(now or 0) - (then or 0))
