"""The long-running processes: worker, scheduler, web server, demo website."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from app import telemetry
from app.commands.opening import require_database

if TYPE_CHECKING:
    from config import Config

_MODULES = {"worker": "worker", "scheduler": "scheduler", "web": "webserver", "demo-site": "demo_site"}


def require_redis(config: Config) -> None:
    """Look whether Redis answers. Raises RedisError."""
    from redis import Redis

    with Redis.from_url(config.redis, socket_connect_timeout=3, socket_timeout=3) as client:
        client.ping()


def run(name: str, config: Config) -> int:
    """Run one process until it is stopped; what it needs is looked for first."""
    telemetry.start(config, name)
    require_database(config)
    if name in ("worker", "scheduler"):
        require_redis(config)
    process = import_module(f"app.commands.{_MODULES[name]}")
    code: int = process.run(config.prepared())
    return code
