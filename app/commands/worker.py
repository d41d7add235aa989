"""The worker: an RQ worker whose work horses run inside the application, beside one long-lived embedding process.

Horses are forked for each job: a model loaded there would cost seconds each time, and its threads would not survive
the fork. So horses ask the embedding process over a socket. A Redis that goes away is waited for: it comes back.
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import g
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.exceptions import StopRequested
from rq.serializers import JSONSerializer

from app import figures, telemetry
from app.commands.embedding_process import EmbeddingProcess
from app.factory import create_app
from app.knowledge import local_copies
from app.knowledge.embedding import SOCKET
from app.process import die_with_parent
from app.telemetry import spans
from jobs import queues, training
from models import db

if TYPE_CHECKING:
    from flask import Flask

    from config import Config

log = logging.getLogger(__name__)

REDIS_PAUSE_S = 2
TTL_S = 60  # Redis forgets a worker that was silent for so long
MONITORING_S = 5


class AppWorker(Worker):
    """A worker whose jobs run in the application's context and whose horses die with it."""

    app: Flask
    embedder: EmbeddingProcess
    is_told_to_stop = False
    max_connection_wait_time = 5.0

    def request_stop(self, signum: Any, frame: Any) -> None:
        AppWorker.is_told_to_stop = True
        super().request_stop(signum, frame)

    def execute_job(self, job: Any, queue: Any) -> None:
        self.embedder.revive()
        super().execute_job(job, queue)

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        """Look after the embedder and tell Redis of the job; without Redis the horse works on, its rows are enough."""
        self.embedder.revive()
        try:
            super().maintain_heartbeats(job, execution)
        except RedisError as error:
            log.warning("Redis can't be reached (%s); the job in hand goes on", error)

    def main_work_horse(self, job: Any, queue: Any) -> None:
        die_with_parent()
        if os.getppid() != self.pid:
            os._exit(1)  # the worker died before the kernel was asked
        super().main_work_horse(job, queue)

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        with self.app.app_context():
            g.job_id = job.id
            timed = figures.timed(figures.JOBS, figures.JOB_TIMES, _name(job))
            with spans.span("job", name=_name(job)), timed as outcome:
                is_done = bool(super().perform_job(job, queue, execution))
                outcome.append("done" if is_done else "failed")
            figures.send()
            telemetry.flush()
            return is_done

    def handle_exception(self, job: Any, *exc_info: Any) -> None:
        """Log why a job failed, in our log's own way: RQ would write out what the exception says."""
        log.error("job %s failed", job.id, exc_info=exc_info)

    def run_maintenance_tasks(self) -> None:
        """Every ten minutes; also look after this machine's disk."""
        super().run_maintenance_tasks()
        try:
            with self.app.app_context():
                local_copies.tidy()
        except Exception:
            log.exception("copies of generations could not be tidied; the next turn is in ten minutes")
        _close_connections(self.app)

    def handle_work_horse_killed(self, job: Any, retpid: Any, ret_val: Any, rusage: Any) -> None:
        super().handle_work_horse_killed(job, retpid, ret_val, rusage)
        try:
            with self.app.app_context():
                training.bury(job.func_name, *job.args)
                figures.count(figures.JOBS, _name(job), "killed")
                figures.send()
        except Exception:
            log.exception("the rows of job %s could not be set right; the scheduler will see to it", job.id)
        _close_connections(self.app)


def _name(job: Any) -> str:
    return str(job.func_name).rpartition(".")[2]


def _close_connections(app: Flask) -> None:
    """Leave horses no connection to inherit: a database can't tell two processes on one apart."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _work(config: Config) -> None:
    """Work until told to stop, through every absence of Redis."""
    while not AppWorker.is_told_to_stop:
        try:
            connection = Redis.from_url(config.redis, socket_connect_timeout=5)
            urgent_first = [Queue(name, connection=connection, serializer=JSONSerializer) for name in queues.BY_URGENCY]
            worker = AppWorker(
                urgent_first, connection=connection, serializer=JSONSerializer,
                worker_ttl=TTL_S, job_monitoring_interval=MONITORING_S,
            )  # fmt: skip
            worker.work(logging_level="WARNING")
        except RedisError as error:
            log.warning("Redis can't be reached (%s); the worker waits for it", error)
        except StopRequested:
            return
        if not AppWorker.is_told_to_stop:
            time.sleep(REDIS_PAUSE_S)


def _leave(*_signal: object) -> None:
    raise SystemExit(0)


def run(config: Config) -> int:
    """Work on the queues until told to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)  # until RQ takes over
    with (
        tempfile.TemporaryDirectory(prefix="docent-") as folder,
        EmbeddingProcess(config, Path(folder) / "embedder.sock") as embedder,
    ):
        os.environ[SOCKET] = str(embedder.path)
        AppWorker.app, AppWorker.embedder = create_app(config), embedder
        _close_connections(AppWorker.app)
        _work(config)
    return 0
