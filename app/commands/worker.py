"""The worker: an RQ worker whose work horses run inside the application, beside one long-lived embedding process.

Horses are forked for each job: a model loaded there would cost seconds each time, and its threads would not survive
the fork. So horses ask the embedding process over a socket.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from app.factory import create_app
from app.knowledge.embedding import SOCKET
from app.process import die_with_parent
from jobs import queues
from models import db

if TYPE_CHECKING:
    from flask import Flask

    from config import Config

ROOT = Path(__file__).resolve().parent.parent.parent


class AppWorker(Worker):
    """A worker whose jobs run in the application's context and whose horses die with it."""

    app: Flask

    def main_work_horse(self, job: Any, queue: Any) -> None:
        die_with_parent()
        super().main_work_horse(job, queue)

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        with self.app.app_context():
            db.engine.dispose(close=False)  # the parent's connections stay the parent's
            return bool(super().perform_job(job, queue, execution))


def _start_embedder(config: Config, socket_path: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "indexes.embedding_server", str(socket_path), config.embedding_model,
        str(config.data_dir / "embedder"),
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, preexec_fn=die_with_parent)


def run(config: Config) -> int:
    """Work on the training queue until told to stop."""
    with tempfile.TemporaryDirectory(prefix="docent-") as folder:
        socket_path = Path(folder) / "embedder.sock"
        embedder = _start_embedder(config, socket_path)
        os.environ[SOCKET] = str(socket_path)
        try:
            connection = Redis.from_url(config.redis)
            AppWorker.app = create_app(config)
            queue = Queue(queues.TRAINING, connection=connection, serializer=JSONSerializer)
            worker = AppWorker([queue], connection=connection, serializer=JSONSerializer)
            worker.work(logging_level="WARNING")
        finally:
            embedder.terminate()
            embedder.wait(timeout=10)
    return 0
