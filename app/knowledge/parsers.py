"""The pool of parsing children of this process: made on first use, closed with the process."""

from __future__ import annotations

import atexit
import threading
from pathlib import Path

from app.collaborators import here
from indexes.document import Document
from indexes.parsing import ParserPool

_pools: dict[tuple[float, int], ParserPool] = {}
_lock = threading.Lock()


def _pool(timeout_s: float, memory_bytes: int) -> ParserPool:
    with _lock:
        if (timeout_s, memory_bytes) not in _pools:
            pool = ParserPool(timeout_s=timeout_s, memory_bytes=memory_bytes)
            _pools[timeout_s, memory_bytes] = pool
            atexit.register(pool.close)
        return _pools[timeout_s, memory_bytes]


def _here() -> ParserPool:
    config = here().config
    return _pool(config.parse_timeout_s, config.parse_memory_bytes)


def parse(path: Path, name: str) -> Document:
    """Parse a file in a child process that can be killed.

    Raises:
        LoadError: what is wrong with the file, and what to do.
    """
    return _here().parse(path, name)


def read_page(path: Path, name: str, page: int, languages: tuple[str, ...]) -> Document:
    """Read one page of a PDF by OCR in such a process, with the time of a whole file.

    Raises:
        LoadError: no_text, where there is no word on it; what else is wrong.
    """
    return _here().read_page(path, name, page, languages)
