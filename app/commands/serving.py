"""`serve`: initialize when needed, start everything, say where it is."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app import embedded
from app.commands.failing import CommandError
from app.commands.processes import require_redis
from app.commands.saying import say
from app.process import guard, require_unused

if TYPE_CHECKING:
    from config import Config

ROOT = Path(__file__).resolve().parent.parent.parent


def _require_port(host: str, port: int, setting: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            cure = f"set {setting} to a free port"
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                cure = "set HOST to an address of this machine"
            raise CommandError(f"Port {port} on {host} can't be used ({error.strerror}): {cure}.") from error


def _initialize(*, demo: bool) -> None:
    """Run `init` in a process of its own, so that this one stays small. What ends this ends it.

    It prints for itself: new passwords are on the terminal as soon as they count, whatever stops the start later.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # SIGINT is ignored where a shell put us behind
        signal.signal(number, _leave)
    launch = [sys.executable, "-I", "-S", guard.__file__, "launch", str(os.getpid())]
    command = [*launch, sys.executable, str(ROOT / "run.py"), "init", *(["--demo"] if demo else [])]
    with subprocess.Popen(command, start_new_session=True) as process:
        try:
            process.wait()
        except BaseException:
            guard.end_sessions({process.pid})
            raise
    if process.returncode:
        raise SystemExit(process.returncode)


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _announce(config: Config, *, demo: bool) -> None:
    lines = [f"Docent is at {config.address}"]
    if demo:
        lines.append(f"the demo customer's website is at {config.demo_address}")
    if config.allow_private_addresses:
        lines.append("ALLOW_PRIVATE_ADDRESSES=1: pages on private and loopback addresses may be fetched")
    if config.local_domains:
        lines.append("localhost may be a domain (ALLOW_LOCAL_DOMAINS)")
    say("\n".join([*lines, "Ctrl-C stops everything."]))


def serve(config: Config, *, demo: bool) -> int:
    """Run an installation on this machine until Ctrl-C."""
    config = config.prepared()
    _require_port(config.host, config.port, "PORT")
    if demo:
        _require_port(config.host, config.demo_port, "DEMO_PORT")
    if config.redis_url:
        require_redis(config)
    else:
        require_unused(config.data_dir, config.redis_socket)
    _initialize(demo=demo)
    return embedded.run(config, demo=demo, on_ready=lambda: _announce(config, demo=demo))
