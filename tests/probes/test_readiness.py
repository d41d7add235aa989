"""Alive is who answers; ready is who can answer visitors, and says part by part what is missing."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time

import pytest

from app.probes import readiness
from models import db
from tests.conftest import make_app
from tests.waiting import SOON_S

AWAY = "It can't be reached."


@pytest.fixture(autouse=True)
def _tried_anew(app, monkeypatch):
    """Let each test try the parts for itself."""
    monkeypatch.setattr(readiness, "KEPT_S", 0.0)


@pytest.fixture
def settings(app, monkeypatch):
    """Change settings for one test."""
    docent = app.extensions["docent"]

    def change(**values):
        monkeypatch.setattr(docent, "config", dataclasses.replace(docent.config, **values))
        docent.__dict__.pop("redis", None)

    yield change
    docent.__dict__.pop("redis", None)


def test_who_has_everything_is_ready(app, installation):
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (
        200,
        {"ready": True, "parts": {"database": "ready", "redis": "ready", "artifact": "ready"}},
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_has_no_redis_says_so_and_is_alive(app, installation, settings, tmp_path):
    settings(redis_url=f"unix://{tmp_path}/none.sock")
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["parts"] == {"database": "ready", "redis": AWAY, "artifact": "ready"}
    assert app.test_client().get("/healthz").status_code == 200


def test_a_part_that_never_answers_is_waited_for_once(app, installation, settings, monkeypatch):
    parts = [dataclasses.replace(part, deadline_s=0.5 if part.name == "redis" else SOON_S) for part in readiness.PARTS]
    monkeypatch.setattr(readiness, "PARTS", parts)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings(redis_url=f"redis://127.0.0.1:{silent.getsockname()[1]}")
        before = _n_trying()
        began = time.monotonic()
        said = {app.test_client().get("/readyz").json["parts"]["redis"] for _ in range(3)}
        assert said == {"It has not answered within 0.5 seconds."}
        assert time.monotonic() - began < SOON_S
        assert _n_trying() - before <= 1
        silent.settimeout(SOON_S)
        silent.accept()[0].close()
        for thread in threading.enumerate():
            if thread.name == "try-redis":
                with contextlib.suppress(TimeoutError):
                    thread.join(SOON_S)


def _n_trying() -> int:
    return sum(thread.name == "try-redis" for thread in threading.enumerate())


@pytest.fixture
def bare(tmp_path, artifact):
    """An installation on SQLite that may be broken."""
    yield from make_app(tmp_path, artifact, "")


def test_without_its_database_it_is_alive_and_not_ready(bare, tmp_path):
    with bare.app_context():
        db.engine.dispose()
    (tmp_path / "docent.sqlite3").unlink()
    client = bare.test_client()
    client.set_cookie("docent", "of somebody who was signed in")
    assert client.get("/readyz").json["parts"]["database"].startswith("It can't be reached")
    assert client.get("/healthz").get_data() == b"alive\n"
    assert client.get("/metrics").status_code == 200


def test_without_the_embedding_model_it_is_not_ready(bare, tmp_path):
    (tmp_path / "embedder").unlink()
    answer = bare.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["parts"]["artifact"] == "The embedding model can't be used: `run.py init` builds it again."


def test_nobody_reads_there_where_anything_is(app, installation, settings, tmp_path):
    settings(redis_url=f"unix://{tmp_path}/none.sock")
    said = app.test_client().get("/readyz").get_data(as_text=True)
    assert str(tmp_path) not in said
    assert str(app.extensions["docent"].config.data_dir) not in said
