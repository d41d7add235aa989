"""A deadline that holds whatever a server does: at its end the connection is cut, which wakes a waiting read.

Time-outs of HTTP clients count from byte to byte: a server that sends a header a minute, or comments for ever, would
hold a thread as long as it likes.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any


class Deadline:
    """Cuts the connections that it watches when the time is over; `is_over` tells so from then on."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._streams: list[Any] = []
        self._timer = self._start(seconds)

    def move(self, seconds: float) -> None:
        """Let the time end so many seconds from now instead."""
        self._timer.cancel()
        self._timer = self._start(seconds)

    def cancel(self) -> None:
        self._timer.cancel()

    def watch(self, request: Any) -> None:
        """Be the `request` event hook of an HTTP client: the connections made for this request are watched."""
        request.extensions["trace"] = self._note

    def _start(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(max(0.0, seconds), self._cut)
        timer.daemon = True
        timer.start()
        return timer

    def _note(self, event: str, info: dict[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._streams.append(info["return_value"])
            if self.is_over:
                self._cut()

    def _cut(self) -> None:
        self.is_over = True
        for stream in self._streams:
            with contextlib.suppress(OSError):  # it is closed already
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
