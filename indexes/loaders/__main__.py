"""The parsing process: `python -m indexes.loaders LOADER MEMORY_BYTES CPU_S`, started by `indexes.parsing`.

It reads frames (four bytes of length, big-endian, then JSON) from stdin and answers each with one frame:
a letter and JSON. D is a document, E an error of the file, B a broken installation. It ends when stdin
ends.
"""

import fcntl
import importlib
import json
import os
import resource
import select
import signal
import struct
import sys
from collections.abc import Callable

from indexes import loaders
from indexes.document import Document, to_json
from indexes.errors import LoadError

Load = Callable[[str, str], Document]

_LENGTH = struct.Struct(">I")
MAX_FILE_BYTES = 64 << 20  # nothing here writes files; this bounds what a parser may print or leave behind


def main() -> None:
    loader, memory_bytes, cpu_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    requests, replies = _take_pipes()
    _limit(resource.RLIMIT_AS, memory_bytes)
    _limit(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    load: Load = importlib.import_module(loader).load
    while (frame := _read_frame(requests)) is not None:
        _die_with_parent(requests, True)
        _allow_cpu(cpu_s)
        reply = _answer(load, frame)
        _die_with_parent(requests, False)
        _write_all(replies, _LENGTH.pack(len(reply)) + reply)


def _answer(load: Load, frame: bytes) -> bytes:
    request = json.loads(frame)
    try:
        if "page" in request:
            page, languages = request["page"], tuple(request["languages"])
            return b"D" + to_json(loaders.load_page(request["path"], request["name"], page, languages))
        return b"D" + to_json(load(request["path"], request["name"]))
    except LoadError as error:
        return _write_error(error)
    except ImportError as error:
        return b"B" + json.dumps(f"{type(error).__name__}: {error}").encode()
    except (MemoryError, RecursionError) as error:
        return _write_error(LoadError("limit", detail=repr(error)))


def _write_error(error: LoadError) -> bytes:
    fields = {
        "kind": error.kind,
        "advice": error.advice,
        "happened": error.happened,
        "detail": error.detail[:1000],
        "pages": error.pages,
    }
    return b"E" + json.dumps(fields).encode()


def _take_pipes() -> tuple[int, int]:
    """Keep stdin and stdout for the frames alone: a library that prints must not speak into them."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
    return requests, replies


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _allow_cpu(cpu_s: int) -> None:
    """Let this file have so much processor time; past that the kernel sends SIGXCPU, which ends the
    process.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + cpu_s, hard))


def _die_with_parent(requests: int, is_wanted: bool) -> None:
    """Have the kernel kill this process and those it started when the other end of the pipe closes, however the
    parent ends.

    That works inside C code too. PR_SET_PDEATHSIG would not do: it fires when the *thread* that started
    us ends, and parents start us from short-lived threads. While a file is parsed nothing is written to
    the pipe, so a signal can only mean its end.
    """
    flags = fcntl.fcntl(requests, fcntl.F_GETFL)
    if not is_wanted:
        fcntl.fcntl(requests, fcntl.F_SETFL, flags & ~os.O_ASYNC)
        return
    fcntl.fcntl(requests, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(requests, fcntl.F_SETOWN, -os.getpgrp())  # negative: the group
    fcntl.fcntl(requests, fcntl.F_SETFL, flags | os.O_ASYNC)
    if select.select([requests], [], [], 0)[0]:  # it closed before we listened
        sys.exit(1)


def _read_frame(requests: int) -> bytes | None:
    head = _read(requests, _LENGTH.size)
    return _read(requests, *_LENGTH.unpack(head)) if len(head) == _LENGTH.size else None


def _read(requests: int, n_bytes: int) -> bytes:
    found = b""
    while len(found) < n_bytes and (more := os.read(requests, n_bytes - len(found))):
        found += more
    return found


def _write_all(replies: int, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(replies, rest) :]


if __name__ == "__main__":
    main()
