"""A sign of life for long work, given from a thread of its own: slow parsers, pages and embedders don't stop it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from app.collaborators import context_maker
from models import tenancy

log = logging.getLogger(__name__)

BEAT_S = 5


@contextmanager
def beating(beat: Callable[[], None]) -> Iterator[None]:
    """Call `beat` every few seconds until the block ends, however it ends; it commits what it writes."""
    stopped, open_context = threading.Event(), context_maker()

    def keep_beating() -> None:
        while not stopped.wait(BEAT_S):
            try:
                with open_context(), tenancy.everything():
                    beat()
            except SQLAlchemyError as error:
                log.warning("a heartbeat could not be written: %s", error)

    thread = threading.Thread(target=keep_beating, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
