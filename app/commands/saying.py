"""What commands say: the only place that prints, so that nothing is printed as it came from elsewhere."""

from __future__ import annotations

import sys
from typing import Any, TextIO

from app.printable import as_json, printable


def say(*words: object, file: TextIO | None = None) -> None:
    """Print for people, at once; to stdout if nothing else is said."""
    print(printable(" ".join(map(str, words))), file=file or sys.stdout, flush=True)


def say_json(value: Any, indent: int | None = None) -> None:
    """Print for programs."""
    print(as_json(value, indent), flush=True)
