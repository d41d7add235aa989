"""Runs commands as forks of one process that has loaded the libraries already: each saves the seconds of loading them.

Started by `running.py` with the number of a socket; takes (arguments, environment) with the files for stdout and stderr,
one command after the other, and answers with the exit code.
"""

from __future__ import annotations

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
    "app.commands.extracting", "app.commands.serving", "openai",
)  # fmt: skip


def become(order: bytes, files: list[int]) -> None:
    """Turn this fork into the command that was ordered."""
    argv, environ = json.loads(order)
    for number, file in enumerate(files, start=1):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = [str(ROOT / "run.py"), *argv]


def serve(orders: socket.socket) -> bool:
    """Take orders until there are no more; True in a fork, which shall run its command."""
    while True:
        order, files, _, _ = socket.recv_fds(orders, 1 << 20, 2)
        if not order:
            return False
        pid = os.fork()
        if pid == 0:
            orders.close()
            become(order, files)
            return True
        for file in files:
            os.close(file)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        orders.send(json.dumps(code).encode())


if __name__ == "__main__":
    sys.path[0] = str(ROOT)
    for name in LOADED:
        importlib.import_module(name)
    assert len([*Path("/proc/self/task").glob("*")]) <= 1, "a fork of a process with threads may wait for them for ever"
    gc.freeze()
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        sys.exit(sys.modules["run"].main())
