"""Parses files in processes of their own, which may be killed at any moment and know no secrets.

A plain child (`python -m indexes.loaders`) talking JSON over two pipes, not `multiprocessing`: it is a
fresh interpreter, so it inherits no threads, locks, models or memory of ours and does not import our
`__main__` again; it may be started from daemonic processes and from threads; and what it sends is data,
never a pickle that could run code here.

One child is used for many files and replaced after `max_files`, or after any failure that may have left
it in a bad state.
"""

import contextlib
import json
import logging
import os
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from indexes.document import Document, from_json
from indexes.errors import KINDS, LoadError, ParserError
from indexes.scratch import Scratch

log = logging.getLogger(__name__)

MEMORY_BYTES = 1 << 30
TIMEOUT_S = 90.0
MAX_FILES = 50
MAX_REPLY_BYTES = 256 << 20

# After these the child is as good as new: they are what a loader decides in peace.
_HARMLESS = frozenset(["unsupported", "empty", "encrypted", "no_text"])
_ROOT = Path(__file__).resolve().parent.parent
_PASSED_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
)
_STDERR_TAIL = 4000
_MAX_WORDS = 400
_LACKS_MEMORY = ("bad_alloc", "memory allocation", "MemoryError", "out of memory")


class _Killed(Exception):
    """Somebody else ended the process: the kernel when memory ran out, or a person, who did not mean the file."""


class ParserPool:
    """Up to `size` parsing processes, started when first needed; safe to use from several threads.

    Args:
        size: how many files may be parsed at once; further callers wait.
        memory_bytes: address space of one process (RLIMIT_AS).
        timeout_s: seconds for one file, by the clock and of processor time; then SIGKILL.
        max_files: how many files one process reads before it is replaced.
        loader: the module whose `load(path, name)` is called in the process.
    """

    def __init__(
        self,
        size: int = 1,
        *,
        memory_bytes: int = MEMORY_BYTES,
        timeout_s: float = TIMEOUT_S,
        max_files: int = MAX_FILES,
        loader: str = "indexes.loaders",
    ) -> None:
        self._size = size
        self._timeout_s = timeout_s
        self._max_files = max_files
        self._command = [
            sys.executable,
            "-P",
            "-m",
            "indexes.loaders",
            loader,
            str(memory_bytes),
            str(int(timeout_s) + 1),
        ]
        self._idle: list[_Parser] = []
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, path: str | Path, name: str) -> Document:
        """Read a file; `name` is what its owner calls it.

        Raises:
            LoadError: anything that is wrong with the file, time and memory included.
            ParserError: the process cannot run at all.
        """
        return self._read(path, {"name": name})

    def read_page(self, path: str | Path, name: str, page: int, languages: Sequence[str]) -> Document:
        """Read one page of a PDF (from 1) by OCR, in languages as Tesseract names them; raises as `parse` does."""
        return self._read(path, {"name": name, "page": page, "languages": list(languages)})

    def _read(self, path: str | Path, request: dict[str, Any]) -> Document:
        request["path"] = str(Path(path).absolute())
        if os.getpid() != self._pid:
            self._forget_inherited()
        with self._places:
            try:
                return self._ask(request)
            except _Killed:
                log.warning("a parsing process was killed; its file is read once more")
            try:
                return self._ask(request)
            except _Killed:
                raise LoadError("limit", detail="killed twice, not by us: there was not enough memory") from None

    def _ask(self, request: dict[str, Any]) -> Document:
        parser = self._take()
        is_reusable = False
        try:
            document = parser.ask(request, self._timeout_s)
            is_reusable = True
            return document
        except LoadError as error:
            is_reusable = error.kind in _HARMLESS
            raise
        finally:
            self._give_back(parser, is_reusable and parser.n_files < self._max_files)

    def close(self) -> None:
        """End the idle processes; the pool can still be used and would start new ones."""
        if os.getpid() != self._pid:
            self._forget_inherited()
        with self._lock:
            parsers, self._idle = self._idle, []
        for parser in parsers:
            parser.stop()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(self._size)

    def _take(self) -> "_Parser":
        while True:
            with self._lock:
                parser = self._idle.pop() if self._idle else None
            if parser is None:
                return _Parser(self._command)
            if parser.is_alive():
                return parser
            parser.stop()

    def _give_back(self, parser: "_Parser", is_reusable: bool) -> None:
        if not is_reusable:
            parser.stop()
            return
        with self._lock:
            self._idle.append(parser)

    def _forget_inherited(self) -> None:
        """After a fork the children are the parent's: two processes must not talk over one pipe."""
        inherited, self._idle = self._idle, []
        self._begin()
        for parser in inherited:
            parser.disown()


class _Parser:
    """One parsing process, with whatever it starts itself: they form one group and end together."""

    def __init__(self, command: list[str]) -> None:
        self.n_files = 0
        self._complaints = os.memfd_create("parser-stderr")
        self._scratch = Scratch()
        try:
            self._process = subprocess.Popen(
                command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                cwd=_ROOT,
                env=_make_environment(self._scratch.folder),
                start_new_session=True,  # Ctrl-C is for us; the child ends with the pipe
            )
        except OSError as error:
            os.close(self._complaints)
            self._scratch.remove()
            raise ParserError(f"The parsing process could not be started: {error}") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], timeout_s: float) -> Document:
        self.n_files += 1
        deadline = time.monotonic() + timeout_s
        frame = json.dumps(request).encode()
        try:
            self._requests.write(struct.pack(">I", len(frame)) + frame)
        except BrokenPipeError:
            raise self._explain_death() from None
        (length,) = struct.unpack(">I", self._receive(4, deadline))
        if not 1 <= length <= MAX_REPLY_BYTES:
            raise LoadError("limit", detail=f"{length} bytes of text")
        return _read_reply(self._receive(length, deadline))

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._close()
        self._scratch.remove()

    def disown(self) -> None:
        self._process.returncode = 0  # it is no child of this process; there is nothing to wait for
        self._close()
        self._scratch.disown()

    def _close(self) -> None:
        self._requests.close()
        self._replies.close()
        os.close(self._complaints)

    def _receive(self, n_bytes: int, deadline: float) -> bytes:
        found = bytearray()
        while len(found) < n_bytes:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._replies], [], [], left)[0]:
                raise LoadError("timeout", detail="killed at the deadline")
            more = self._replies.read(min(n_bytes - len(found), 1 << 20))
            if not more:
                raise self._explain_death()
            found += more
        return bytes(found)

    def _explain_death(self) -> Exception:
        """What to tell when the process ended without an answer."""
        code = self._process.wait()
        n_said = os.fstat(self._complaints).st_size
        tail = os.pread(self._complaints, _STDERR_TAIL, max(0, n_said - _STDERR_TAIL))
        said = tail.decode("utf-8", "replace").strip()
        if code == -signal.SIGXCPU:
            return LoadError("timeout", detail="used up its processor time")
        if code == -signal.SIGKILL:
            return _Killed()
        if any(sign in said for sign in _LACKS_MEMORY):  # a native parser gives up when an allocation fails
            return LoadError("limit", detail=f"exit code {code}: {said}")
        if code > 0:
            return ParserError(f"The parsing process ended with exit code {code}: {said}")
        return LoadError("corrupt", detail=f"signal {-code}: {said}")


def _make_environment(scratch: Path) -> dict[str, str]:
    """No key, password or address reaches the process that reads strangers' files."""
    passed = {key: os.environ[key] for key in _PASSED_ENVIRONMENT if key in os.environ}
    # glibc reserves 64 MB of address space per thread and arena, which would count as used memory.
    return {**passed, "PYTHONPATH": str(_ROOT), "MALLOC_ARENA_MAX": "2", "TMPDIR": str(scratch)}


def _read_reply(reply: bytes) -> Document:
    letter, body = reply[:1], reply[1:]
    try:
        if letter == b"D":
            return from_json(body)
        content = json.loads(body)
        if letter == b"B":
            raise ParserError(f"A parser is not installed: {content}")
        words = {key: str(content[key])[:_MAX_WORDS] for key in ("advice", "happened", "detail")}
        kind, pages = content["kind"], tuple(int(page) for page in content["pages"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LoadError("corrupt", detail=f"unreadable reply: {error!r}") from error
    raise LoadError(kind if kind in KINDS else "corrupt", **words, pages=pages)
