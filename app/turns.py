"""Taking turns: of many visitors in one moment, only as many are worked for as there are cores.

The others wait without holding anything. So pages, which take no turns, find the interpreter, the database's write lock
and a connection nearly free, however many visitors ask. Nothing slow from outside is waited for in a turn.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from app.collaborators import here
from models import db

_mine = threading.local()


@contextmanager
def turn() -> Iterator[None]:
    """Work when it is one's turn; a turn inside a turn is the same one.

    No database connection is held while it is waited for: what is not committed by then is rolled back.
    """
    if getattr(_mine, "is_taken", False):
        yield
        return
    turns = here().turns
    if not turns.acquire(blocking=False):
        db.session.rollback()
        turns.acquire()
    _mine.is_taken = True
    try:
        yield
    finally:
        _mine.is_taken = False
        turns.release()
