"""Sending what is made while it is sent: block by block, in its own scope, with no database connection in between.

A file may take minutes, so whoever asked for it is asked for again every few seconds: who was removed, or whose key was
revoked, gets no more of it, and sees that it was cut off.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import IO

from flask import Flask, current_app

from app.languages import gettext as _
from app.refusals import Refusal
from models import tenancy
from models.tenancy import Scope

log = logging.getLogger(__name__)

ASKED_EVERY_S = 2.0
BLOCK = 256 * 1024


class Download:
    """The blocks of one file. Each holds a thread of the web server until it is sent, so there are few `places`.

    `may_go_on` is asked every few seconds, with all in scope. `close` gives the place back, also where nothing was ever
    read.

    Raises:
        Refusal: (when made) all places are taken.
    """

    def __init__(
        self,
        scope: Scope,
        blocks: Generator[bytes],
        places: threading.BoundedSemaphore,
        may_go_on: Callable[[], bool],
    ) -> None:
        if not places.acquire(blocking=False):
            raise Refusal(_("Another export is being sent. Try again in a few minutes."))
        self._is_open = True
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        self._scope, self._blocks, self._places = scope, blocks, places
        self._may_go_on, self._asked_at = may_go_on, time.monotonic()

    def __iter__(self) -> Iterator[bytes]:
        try:
            while (block := self._next()) is not None:
                if block:
                    yield block
        finally:
            self.close()

    def _next(self) -> bytes | None:
        """Make the next block, and hold no connection to the database until the one after."""
        with self._app.app_context():
            self._ask_again()
            with tenancy.use(self._scope):
                return next(self._blocks, None)

    def _ask_again(self) -> None:
        """Break the connection off where who asked for the file may not have it any more, as a lost one would."""
        if time.monotonic() - self._asked_at < ASKED_EVERY_S:
            return
        self._asked_at = time.monotonic()
        with tenancy.everything():
            if not self._may_go_on():
                log.info("a download was ended: who asked for it may not have it any more")
                raise ConnectionResetError(errno.ECONNRESET, "the right to this file was lost on the way")

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._blocks.close()
            self._places.release()


def read_stored(stored: IO[bytes]) -> Generator[bytes]:
    """Yield a stored file block by block, and close it."""
    with stored:
        while block := stored.read(BLOCK):
            yield block
