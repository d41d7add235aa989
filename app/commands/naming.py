"""What files are called that were named on the command line."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.commands.failing import CommandError


def is_address(text: str) -> bool:
    return text.lower().startswith(("http://", "https://"))


def _readable(name: str) -> str:
    """Return a name that is text; on Unix a file's name is any bytes."""
    return os.fsencode(name).decode("utf-8", "replace")


def _below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield every file of a folder, but those that are hidden, as .git and .DS_Store are."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            yield inside.as_posix(), path


def name_files(given: Sequence[str]) -> list[tuple[str, Path]]:
    """Return (name, path) of every file: its own name, or for those of a folder their path inside it.

    Where two would have the same name, both are called by their path as it was given.

    Raises:
        CommandError: there is no such file or folder.
    """
    found: dict[Path, str] = {}
    for text in given:
        path = Path(text)
        if path.is_dir():
            found |= {file: name for name, file in _below(path)}
        elif path.is_file():
            found[path] = path.name
        else:
            raise CommandError(f"There is no file or folder {text}: check how it is spelled.")
    n_times = Counter(found.values())
    return [(_readable(name if n_times[name] == 1 else str(path)), path) for path, name in found.items()]
