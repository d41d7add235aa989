"""Slots and a circuit breaker, so that a slow or broken chat model costs nobody but its own chatbot.

Circuit breaker: Nygard, Release It!, 2007. Counted in this process alone: each learns for itself, within seconds.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

MAX_FAILURES = 3  # in a row: then nobody waits for the endpoint until it has rested
REST_S = 30.0


class Busy(Exception):
    """All slots of this process are taken. Another try in seconds may work."""


class Resting(Exception):
    """The endpoint failed several times in a row and is left alone for a while."""


class Breaker:
    """Counts failures by endpoint; `slots` answers may be made at once, of which one endpoint gets half."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._lock = threading.Lock()
        self._taken: Counter[Hashable] = Counter()
        self._failures: Counter[Hashable] = Counter()
        self._rests_until: dict[Hashable, float] = {}

    @contextmanager
    def slot(self, endpoint: Hashable) -> Iterator[None]:
        """Hold a slot while an answer is made.

        Raises:
            Busy, Resting.
        """
        with self._lock:
            self._refuse(endpoint)
            self._taken[endpoint] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[endpoint] -= 1
                self._taken += Counter()  # forgets those that hold none

    def _refuse(self, endpoint: Hashable) -> None:
        if self._taken.total() >= self._slots or self._taken[endpoint] >= max(1, self._slots // 2):
            raise Busy
        if self._rests_until.get(endpoint, 0.0) > time.monotonic():
            raise Resting
        if endpoint in self._rests_until:  # rested: this one tries, the others wait for what becomes of it
            self._rests_until[endpoint] = time.monotonic() + REST_S

    def forget(self, endpoint: Hashable) -> None:
        """Give an endpoint a new chance: what a person asks for who has just changed something."""
        with self._lock:
            self._failures.pop(endpoint, None)
            self._rests_until.pop(endpoint, None)

    def note(self, endpoint: Hashable, *, worked: bool) -> None:
        """Count how an answer went."""
        if worked:
            self.forget(endpoint)
            return
        with self._lock:
            self._failures[endpoint] += 1
            if self._failures[endpoint] >= MAX_FAILURES:
                self._rests_until[endpoint] = time.monotonic() + REST_S
