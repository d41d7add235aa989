"""Sending what is made while it is sent: block by block, in its own scope, with no database connection in between."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

from flask import Flask, current_app

from app.refusals import Refusal
from models import tenancy
from models.tenancy import Scope


class Download:
    """The blocks of one file. Each holds a thread of the web server until it is sent, so there are few `places`.

    `close` gives the place back, also where nothing was ever read.

    Raises:
        Refusal: (when made) all places are taken.
    """

    def __init__(self, scope: Scope, blocks: Generator[bytes], places: threading.BoundedSemaphore) -> None:
        if not places.acquire(blocking=False):
            raise Refusal("Another export is being sent. Try again in a few minutes.")
        self._is_open = True
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        self._scope, self._blocks, self._places = scope, blocks, places

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (block := self._next()) is not None:
                if block:
                    yield block
        finally:
            self.close()

    def _next(self) -> bytes | None:
        """Make the next block, and hold no connection to the database until the one after."""
        with self._app.app_context(), tenancy.use(self._scope):
            return next(self._blocks, None)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._blocks.close()
            self._places.release()
