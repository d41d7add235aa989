"""Starting without looking for garbage where there is none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def starting() -> Iterator[None]:
    """Import and set up without the search for cycles, and leave what was made out of each later one.

    Modules, tables and routes stay for as long as the process does. To look through them again and again took a fifth
    of the time until a first answer. (https://docs.python.org/3/library/gc.html#gc.freeze)
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
