"""What the children say, line by line, each line behind its child's name."""

from __future__ import annotations

import os
import selectors
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Self

from app.printable import printable
from app.process.lines import behind_name

_BLOCK = 65536
MAX_LINE_BYTES = 16384  # a longer one is cut in pieces
MAX_KEPT_LINES = 20


class Output:
    """Reads the children's pipes when told to, in the one thread there is; writes to a file, else to stderr."""

    def __init__(self, log_file: Path | None = None, shape: Callable[[str, str], str] = behind_name) -> None:
        self._shape = shape
        self._file = log_file.open("a", encoding="utf-8", buffering=1) if log_file else None
        self._pipes = selectors.DefaultSelector()
        self._begun: dict[int, bytes] = {}
        self._kept: dict[str, deque[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.pump(0)
        for key in list(self._pipes.get_map().values()):
            self._drop(key)
        self._pipes.close()
        if self._file:
            self._file.close()

    def add(self, name: str, pipe: IO[bytes], *, is_quiet: bool = False) -> None:
        """Read this pipe from now on; it is closed here. Lines of quiet children are kept until revealed."""
        if is_quiet:
            self._kept[name] = deque(maxlen=MAX_KEPT_LINES)
        os.set_blocking(pipe.fileno(), False)
        self._pipes.register(pipe, selectors.EVENT_READ, name)
        self._begun[pipe.fileno()] = b""

    def pump(self, timeout_s: float) -> None:
        """Pass on what the children have said, waiting for it at most so long."""
        for key, _ in self._pipes.select(timeout_s):
            block = os.read(key.fd, _BLOCK)
            if block:
                self._pass_on(key, block)
            else:
                self._drop(key)

    def reveal(self, name: str) -> None:
        """Show the last that a quiet child has said."""
        self.pump(0.05)
        lines = self._kept.pop(name, ())
        for line in lines:
            self.say(name, line)

    def say(self, name: str, line: str) -> None:
        try:
            target = self._file or sys.stderr
            target.write(f"{self._shape(name, printable(line))}\n")
            target.flush()
        except (OSError, ValueError):
            if not self._file:  # the terminal is gone; else the disk is full: the run goes on either way
                _forget_stderr()

    def _pass_on(self, key: selectors.SelectorKey, block: bytes) -> None:
        *lines, rest = (self._begun[key.fd] + block).split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            lines, rest = [*lines, rest], b""
        self._begun[key.fd] = rest
        for line in lines:
            self._keep_or_say(key.data, line.decode("utf-8", "replace").rstrip("\r"))

    def _keep_or_say(self, name: str, line: str) -> None:
        if name in self._kept:
            self._kept[name].append(line)
        else:
            self.say(name, line)

    def _drop(self, key: selectors.SelectorKey) -> None:
        rest = self._begun.pop(key.fd)
        if rest:
            self._keep_or_say(key.data, rest.decode("utf-8", "replace"))
        pipe: Any = key.fileobj
        self._pipes.unregister(pipe)
        pipe.close()


def _forget_stderr() -> None:
    """Let what is still to be said go nowhere: at its end Python would fail on a terminal that is gone."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)
