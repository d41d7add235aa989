"""First and second starts, also cut off: nothing is made twice, nothing is left running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.process import answers_on_port, find_free_port
from tests.faults.installation import command_line, is_running
from tests.waiting import PATIENCE_S, wait_until

ROOT = Path(__file__).resolve().parents[2]


class Serve:
    """`run.py serve` in a folder of its own, as a terminal starts it."""

    def __init__(self, folder, artifact, *words, with_artifact=True):
        self.folder, self.port = folder, find_free_port()
        folder.mkdir(exist_ok=True)
        if with_artifact and not (folder / "embedder").exists():
            (folder / "embedder").symlink_to(artifact)
        environ = {**os.environ, "DATA_DIR": str(folder), "PORT": str(self.port), "DEMO_PORT": str(find_free_port())}
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
            environ.pop(name, None)
        self.said_file = folder.parent / f"{folder.name}-{self.port}.txt"
        self.started = time.monotonic()
        command = [sys.executable, str(ROOT / "run.py"), *(words or ("serve", "--no-demo"))]
        with self.said_file.open("w") as said:
            self.process = subprocess.Popen(
                command, env=environ, stdout=said, stderr=said, start_new_session=True, cwd=folder
            )

    @property
    def said(self):
        return self.said_file.read_text()

    def is_up(self):
        assert self.process.poll() is None, self.said
        return "Ctrl-C stops everything" in self.said and answers_on_port("127.0.0.1", self.port)

    def family(self):
        """Return all living processes that work in this folder."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            pid = int(path.parent.name)
            try:
                is_ours = f"DATA_DIR={self.folder}\0" in path.read_text("utf-8", "replace")
            except OSError:
                continue
            if is_ours and is_running(pid) and pid != os.getpid():
                found.append(pid)
        return found

    def send(self, number):
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def is_gone(self):
        return not self.family()


def count(folder, table):
    engine = sa.create_engine(f"sqlite:///{folder}/docent.sqlite3")
    with engine.connect() as connection:
        found = connection.scalar(sa.text(f"SELECT count(*) FROM {table}"))
    engine.dispose()
    return found


def test_a_second_start_keeps_everything_and_takes_seconds(tmp_path, artifact, capsys):
    first = Serve(tmp_path / "data", artifact)
    wait_until(first.is_up, 120)
    assert "password:" in first.said
    assert first.send(signal.SIGINT) == 0
    wait_until(first.is_gone)
    second = Serve(tmp_path / "data", artifact)
    wait_until(second.is_up, 120)
    took_s = time.monotonic() - second.started
    assert "password:" not in second.said
    second.process.send_signal(signal.SIGINT)
    assert second.send(signal.SIGINT) == 0, "a second Ctrl-C does not wait"
    wait_until(second.is_gone)
    assert count(tmp_path / "data", "ab_user") == 1
    with capsys.disabled():
        sys.stdout.write(f"\na second start took {took_s:.1f} s\n")


@pytest.mark.parametrize(("stage", "number"), [("run.py\0init", signal.SIGTERM), ("artifact_build", signal.SIGINT)])
def test_a_first_start_that_is_stopped_leaves_nothing_running(tmp_path, artifact, stage, number):
    """Even while the embedding artifact is being built; the next start carries on."""
    run = Serve(tmp_path / "data", artifact, with_artifact=False)
    wait_until(lambda: any(stage in command_line(pid) for pid in run.family()), 120)
    run.send(number)
    wait_until(run.is_gone, 5)  # far less than what it was doing would take
    assert "Traceback" not in run.said
    shutil.rmtree(tmp_path / "data" / "embedder", ignore_errors=True)
    again = Serve(tmp_path / "data", artifact, "init")
    assert again.process.wait(120) == 0, again.said
    assert count(tmp_path / "data", "ab_user") == 1


def test_a_first_start_that_is_stopped_has_said_the_passwords_that_it_made(tmp_path, artifact):
    run = Serve(tmp_path / "data", artifact, "serve")
    wait_until(lambda: "reading the handbook" in run.said, 120)
    run.send(signal.SIGTERM)
    wait_until(run.is_gone)
    assert count(tmp_path / "data", "ab_user") == 2
    assert run.said.count("password:") == 2
