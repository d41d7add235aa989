"""Sums of one process that wait to be taken to where those of all processes are."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

Key = tuple[str, ...]


class Tally:
    """Counts by key, from many threads. A forked process begins with none: what its parent counted is its parent's."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process, self._lock = os.getpid(), threading.Lock()
        self._sums: dict[Key, float] = {}

    def add(self, amounts: Mapping[Key, float]) -> None:
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            for key, amount in amounts.items():
                self._sums[key] = self._sums.get(key, 0) + amount

    def take(self) -> dict[Key, float]:
        """Return what was counted since the last time."""
        if self._process != os.getpid():
            self._begin()
        with self._lock:
            sums, self._sums = self._sums, {}
        return sums
