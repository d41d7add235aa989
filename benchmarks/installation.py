"""What the benchmarks share: a throwaway installation, clocks, and tables that name versions and machine."""

from __future__ import annotations

import os
import platform
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("faiss-cpu", "onnxruntime", "tantivy", "numpy", "tokenizers", "torch")


@dataclass
class Clock:
    """Seconds by the wall, and of processor time: on a machine with other work the second is the steadier."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timing() -> Iterator[Clock]:
    """Yield a clock that is set when the block ends; children that ended within count."""
    clock, wall, cpu = Clock(), time.perf_counter(), _cpu_seconds()
    yield clock
    clock.wall, clock.cpu = time.perf_counter() - wall, _cpu_seconds() - cpu


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@contextmanager
def throwaway_installation() -> Iterator[Path]:
    """Yield the data folder of a new installation; DATA_DIR names it for this process and its children."""
    with TemporaryDirectory(prefix="docent-bench-") as name:
        os.environ["DATA_DIR"] = name
        run("init")
        yield Path(name)


@contextmanager
def throwaway_database(server: str) -> Iterator[None]:
    """Put a new installation in the environment, on SQLite or on a database of its own on a server."""
    with TemporaryDirectory(prefix="docent-bench-") as folder:
        os.environ |= {"DATA_DIR": folder, "SECRET_KEY": secrets.token_hex(32)}
        if not server:
            os.environ.pop("DATABASE_URL", None)
            yield
            return
        name = f"docent_bench_{secrets.token_hex(4)}"
        engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT")
        os.environ["DATABASE_URL"] = f"{server.rpartition('/')[0]}/{name}"
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
            try:
                yield
            finally:
                connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def run(*arguments: str) -> str:
    """Run `run.py` and return what it prints; its errors go to ours."""
    command = [sys.executable, "run.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with code {done.returncode}")
    return done.stdout


def peak_memory_mb(process: str = "self") -> float:
    """Return the most memory that a process has held, MB (Linux)."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1000


def quantile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def p50_p95(times: Sequence[float], bar_ms: int) -> str:
    return f"p50 {quantile(times, 0.5):.0f}, p95 {quantile(times, 0.95):.0f} ms (at most {bar_ms})"


def print_machine() -> None:
    asking = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asking, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    print(f"{time.strftime('%Y-%m-%d')}, version {commit}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{platform.machine()}, Python {platform.python_version()}, {packages}\n", flush=True)


def print_table(title: str, rows: Sequence[tuple[str, str]]) -> None:
    print(f"{title}\n" + "\n".join(f"  {name:58} {value}" for name, value in rows) + "\n", flush=True)


def print_rows(title: str, rows: Iterator[tuple[str, str]]) -> None:
    """Print a table in Markdown, each row as soon as it is measured: what was cut off keeps what it has found."""
    print(f"\n| {title} | |\n|---|---|", flush=True)
    for name, value in rows:
        print(f"| {name} | {value} |", flush=True)
