"""The queues: the only module that calls RQ. The rows are the truth; a lost job costs half a minute."""

from __future__ import annotations

import logging

from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from app.collaborators import here

log = logging.getLogger(__name__)

TRAINING = "training"
JOB_TIMEOUT_S = 3600


def _enqueue(function: str, *ids: int) -> None:
    queue = Queue(TRAINING, connection=here().redis, serializer=JSONSerializer)
    try:
        queue.enqueue(function, *ids, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=86_400)
    except RedisError as error:
        log.warning("the queue can't be reached (%s): the work is done once it is back", error)


def wake_ingestion(source_id: int) -> None:
    """Ask a worker to read a source; call it after the commit."""
    _enqueue("jobs.training.ingest_source", source_id)


def wake_training(chatbot_id: int) -> None:
    """Ask a worker to publish what a chatbot knows; call it after the commit."""
    _enqueue("jobs.training.publish_chatbot", chatbot_id)


def has_work() -> bool:
    """Tell whether jobs are waiting; an unreachable Redis has none that could be relied on."""
    try:
        return bool(Queue(TRAINING, connection=here().redis, serializer=JSONSerializer).count)
    except RedisError:
        return False
