"""Rate limits while Redis is away."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import socket
import threading
from collections import Counter

import pytest

from app import limits
from tests.conftest import forget_tries, inside


@pytest.fixture
def embedded(app, monkeypatch):
    """The installation as it is without REDIS_URL; what is yielded is where its own Redis would listen."""
    forget_tries()
    docent = app.extensions["docent"]
    monkeypatch.setattr(docent, "config", dataclasses.replace(docent.config, redis_url=""))
    yield docent.config.redis_socket
    docent.config.redis_socket.unlink(missing_ok=True)


def test_a_command_does_not_complain_that_nothing_was_started(app, embedded, caplog):
    with inside(app), caplog.at_level(logging.WARNING):
        assert [limits.allow("2 per hour", "trying", "ada") for _ in range(3)] == [True, True, False]
    assert caplog.messages == []


def test_a_redis_that_was_away_is_not_waited_for_again_at_once(app, embedded, monkeypatch):
    docent, n_calls = app.extensions["docent"], Counter()
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"redis://127.0.0.1:{nobody.getsockname()[1]}"
        monkeypatch.setattr(docent, "config", dataclasses.replace(docent.config, redis_url=address))
        threading.Thread(target=hang_up_on_all, args=(nobody, n_calls), daemon=True).start()
        with inside(app):
            assert limits.allow("2 per hour", "trying", "ada")
            n_first = n_calls["heard"]
            assert [limits.allow("2 per hour", "trying", "ada") for _ in range(2)] == [True, False]
        assert n_calls["heard"] == n_first > 0
        nobody.shutdown(socket.SHUT_RDWR)


def hang_up_on_all(server: socket.socket, n_calls: Counter) -> None:
    with contextlib.suppress(OSError):
        while True:
            caller, _ = server.accept()
            n_calls["heard"] += 1
            caller.close()


def test_a_redis_that_does_not_answer_is_said_once_a_minute(app, embedded, caplog):
    embedded.touch()
    with inside(app), caplog.at_level(logging.WARNING):
        assert [limits.allow("2 per hour", "trying", "ada") for _ in range(3)] == [True, True, False]
    assert len(caplog.messages) == 1
    assert "Redis can't be asked" in caplog.messages[0]
