"""Waiting for those who write at this moment: afterwards no row can appear below one that was seen before.

Ids become visible in their order on SQLite, which has one writer at a time. On PostgreSQL an id that was given first
may be committed last: whoever inserts holds a lock on the table before the id is given (ROW EXCLUSIVE, until the end
of the transaction), so those who hold it now are waited for.
"""

from __future__ import annotations

import time
from typing import Any

from models import raw

_PAUSE_S = 0.01


def wait_for_writers(entity: Any, patience_s: float) -> bool:
    """Wait until those who write to a table at this moment are done; False if they take too long."""
    writing = raw.writers_of(entity.__tablename__)
    until = time.monotonic() + patience_s
    while writing:
        if time.monotonic() > until:
            return False
        time.sleep(_PAUSE_S)
        writing &= raw.writers_of(entity.__tablename__)
    return True
