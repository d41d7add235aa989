"""Runs commands as forks of one process that has loaded the libraries already: each saves the seconds of loading them.

Started by `running.py` with the number of a socket; takes (arguments, environment, program) with the files for stdout
and stderr, and for stdin if need be, one after the other. A command is waited for, and answered with its exit code; a program in Python goes on
in a session of its own, and is answered with its pid.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOADED = (
    "run", "config", "app.cli", "app.factory", "app.commands.initializing", "app.commands.training", "app.commands.asking",
    "app.commands.extracting", "app.commands.serving", "app.commands.worker", "app.commands.scheduler",
    "app.commands.webserver", "openai",
)  # fmt: skip
COMMAND = "import run, sys; sys.exit(run.main())"


def become(argv: list[str], environ: dict[str, str], files: list[int]) -> None:
    """Turn this fork into the command that was ordered."""
    for number, file in zip((1, 2, 0), files, strict=False):
        os.dup2(file, number)
        os.close(file)
    # what they were before may have been seekable, or not
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(n, "w" if n else "r", 1 if n else -1, closefd=False) for n in (0, 1, 2)
    )
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = [str(ROOT / "run.py"), *argv]


def reap() -> None:
    """Forget the programs that have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def serve(orders: socket.socket) -> str | None:
    """Take orders until there are no more; in a fork, return the program that it shall run."""
    while True:
        order, files, _, _ = socket.recv_fds(orders, 1 << 20, 3)
        reap()
        if not order:
            return None
        argv, environ, program = json.loads(order)
        pid = os.fork()
        if pid == 0:
            orders.close()
            become(argv, environ, files)
            if program:
                os.setsid()
            return program or COMMAND
        for file in files:
            os.close(file)
        answer = pid if program else os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        orders.send(json.dumps(answer).encode())


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    for name in LOADED:
        importlib.import_module(name)
    assert len([*Path("/proc/self/task").glob("*")]) <= 1, "a fork of a process with threads may wait for them for ever"
    gc.freeze()
    if text := serve(socket.socket(fileno=int(sys.argv[1]))):
        exec(compile(text, "<program>", "exec"), {"__name__": "__main__"})
