"""Runs `run.py` as an operator does: a process of its own, judged by what it prints and how it ends."""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.waiting import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, str(ROOT / "run.py")]
_OURS = ("DATA_DIR", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT", "HOST", "BASE_URL", "OPENAI_BASE_URL")


def environ_of(folder, **settings):
    """The environment of a run on a data folder, with nothing of this process's own settings."""
    environ = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**environ, "DATA_DIR": str(folder), **settings}


def run_fresh(folder, *argv, **settings):
    """Run a command to its end. Settings are environment variables."""
    return subprocess.run(
        [*COMMAND, *map(str, argv)], env=environ_of(folder, **settings), cwd=ROOT, capture_output=True,
        text=True, timeout=2 * PATIENCE_S, check=False,
    )  # fmt: skip


def run(folder, *argv, **settings):
    """Run a command to its end, in a process that has loaded its libraries already; see `warm.py`."""
    with tempfile.TemporaryFile() as out:
        done = _run(folder, argv, out, **settings)
        out.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read().decode(), done.stderr)


def pipe(folder, *argv, given=b"", into=None, **settings):
    """Run a command with bytes on its stdin; what it writes to stdout are bytes, too, or go into a file."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as held:
        held.write(given)
        held.seek(0)
        done = _run(folder, argv, into or out, held, **settings)
        out.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, out.read(), done.stderr)


def _run(folder, argv, out, *given, **settings):
    words, environ = [str(word) for word in argv], environ_of(folder, **settings)
    with tempfile.TemporaryFile() as err:
        orders = _warm()
        files = [file.fileno() for file in (out, err, *given)]
        socket.send_fds(orders, [json.dumps([words, environ, ""]).encode()], files)
        try:
            code = json.loads(orders.recv(100))
        except BaseException:  # it took too long: what comes late is no answer to the next order
            _warm.cache_clear()
            raise
        err.seek(0)
        return subprocess.CompletedProcess(words, code, None, err.read().decode())


def start(program, environ, log) -> int:
    """Let a program in Python begin in such a process, in a session of its own; return its pid."""
    orders = _warm()
    socket.send_fds(orders, [json.dumps([[], environ, program]).encode()], [log.fileno(), log.fileno()])
    return json.loads(orders.recv(100))


@functools.cache
def _warm() -> socket.socket:
    """The line to the process that runs commands; it ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, str(Path(__file__).with_name("warm.py")), str(theirs.fileno())]
    environ = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # no threads: it is to be forked
    process = subprocess.Popen(command, env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()
    ours.settimeout(5 * PATIENCE_S)  # one builds the embedder

    def end():
        ours.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # it waits for a command
            process.kill()
            process.wait()

    atexit.register(end)
    return ours


def assert_plain(done, *words):
    """It failed with one plain sentence that holds these words: no traceback, nothing on stdout."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert done.stderr.startswith("docent: "), done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr
