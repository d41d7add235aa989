"""The long-running processes: worker, scheduler, web server, demo website."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config import Config


def run(name: str, config: Config) -> int:
    """Run one process until it is stopped."""
    config = config.prepared()
    if name == "worker":
        from app.commands import worker

        return worker.run(config)
    if name == "scheduler":
        from app.commands import scheduler

        return scheduler.run(config)
    if name == "web":
        from app.commands import webserver

        return webserver.run(config)
    from app.commands import demo_site

    return demo_site.run(config)
