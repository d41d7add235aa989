"""The scheduler: runs the periodic list, each job at its own pace, in this process."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import g

from app import figures
from app.factory import create_app
from app.telemetry import spans
from jobs.periodic import PERIODIC

if TYPE_CHECKING:
    from flask import Flask

    from config import Config

log = logging.getLogger(__name__)


def run(config: Config) -> int:
    """Run until SIGTERM or Ctrl-C. A job that fails is logged and runs again at its next turn."""
    app, stopped = create_app(config), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    due = dict.fromkeys(range(len(PERIODIC)), 0.0)
    while not stopped.wait(1):
        for index, (job, every_s) in enumerate(PERIODIC):
            if time.monotonic() >= due[index]:
                due[index] = time.monotonic() + every_s
                _run(app, job)
    return 0


def _run(app: Flask, job: Callable[[], object]) -> None:
    """Run one job; however it ends, its time and that are told."""
    with app.app_context():
        g.job_id = _name(job)
        try:
            with spans.span("periodic job", name=_name(job)), figures.timed(figures.RUNS, None, _name(job)):
                job()
        except Exception:
            log.exception("the periodic job %s failed", _name(job))
        figures.send()


def _name(job: Callable[[], object]) -> str:
    return f"{job.__module__.rpartition('.')[2]}.{job.__name__}"
