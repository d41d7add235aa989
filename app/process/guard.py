"""What ends processes whose parent was killed. Also a program of its own, of the standard library alone:

    guard.py launch PARENT_PID PROGRAM [ARGUMENT ...]   become PROGRAM, which the kernel ends with its parent
    guard.py watch                                      end the sessions named on stdin when that is closed

A session is a child and all that it has started, as each child is started with setsid(2). The kernel ends only direct
children with their parent (prctl(2), PR_SET_PDEATHSIG); the watcher outlives a kill -9 and ends the rest.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_SESSION = 3  # among the fields of /proc/PID/stat behind the name: state, parent, group, session (proc(5))


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent dies. Outside of Linux nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def list_processes(sessions: Collection[int]) -> list[int]:
    """Return the pids of what lives in some sessions; zombies do not."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text("latin-1").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[0] not in "ZX" and int(fields[_SESSION]) in sessions:
            found.append(int(folder.name))
    return found


def end_sessions(sessions: Collection[int], patience_s: float = 5.0) -> None:
    """Kill all that lives in some sessions, until nothing does."""
    deadline = time.monotonic() + patience_s
    while sessions and time.monotonic() < deadline:
        left = list_processes(sessions) if sys.platform == "linux" else [-pid for pid in sessions]
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        if sys.platform != "linux":
            return  # the process group is all that can be found
        time.sleep(0.01)


def _launch(parent: int, argv: list[str]) -> None:
    die_with_parent()
    if os.getppid() == parent:  # else it died before the kernel was asked
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is what we want


def _watch() -> None:
    """Read lines of session numbers, each in place of the one before; at the end of stdin, end the last."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: list[int] = []
    for line in sys.stdin:
        sessions = [int(word) for word in line.split()]
    end_sessions(sessions)


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        _watch()
    else:
        _launch(int(sys.argv[2]), sys.argv[3:])
