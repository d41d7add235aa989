"""The texts that all systems are given, as each of them wants them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path


def read_documents(paths: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Yield (name of the file, text)."""
    for path in paths:
        yield path.name, path.read_text(encoding="utf-8")
