"""What a process of the installation has used so far, read from Linux's /proc."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PARENT, _USER, _SYSTEM = 1, 11, 12  # fields of /proc/PID/stat (proc(5)), counted after the command's name


@dataclass(frozen=True)
class Process:
    """One process, by its id; what it has used is read anew each time."""

    pid: int

    @property
    def _stat(self) -> list[str]:
        return (Path("/proc") / str(self.pid) / "stat").read_text().rpartition(")")[2].split()

    @property
    def parent(self) -> int:
        return int(self._stat[_PARENT])

    @property
    def cpu_s(self) -> float:
        """Return its processor time, that of ended children left out."""
        return (int(self._stat[_USER]) + int(self._stat[_SYSTEM])) / _TICKS_PER_S

    @property
    def peak_mb(self) -> float:
        """Return the most memory that it has held; what it shares with others is counted in each."""
        return self._read_mb("VmHWM")

    @property
    def held_mb(self) -> float:
        """Return the memory that it holds now."""
        return self._read_mb("VmRSS")

    def _read_mb(self, name: str) -> float:
        """Read a line of /proc/PID/status; a process that has ended holds nothing."""
        status = (Path("/proc") / str(self.pid) / "status").read_text()
        return next((int(line.split()[1]) for line in status.splitlines() if line.startswith(name)), 0) / 1000

    def does(self, command: str) -> bool:
        """Tell whether it was started as `run.py COMMAND`."""
        return command.encode() in (Path("/proc") / str(self.pid) / "cmdline").read_bytes().split(b"\0")


def find_below(ancestor: int) -> list[Process]:
    """Return the processes that a process has started, and those that they have."""
    parents = dict(_list_parents())
    return [Process(pid) for pid in parents if pid != ancestor and _descends(pid, ancestor, parents)]


def _list_parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            yield int(entry.name), Process(int(entry.name)).parent
        except OSError:  # it has ended meanwhile
            continue


def _descends(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents and pid != ancestor:
        pid = parents[pid]
    return pid == ancestor
