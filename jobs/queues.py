"""The queues: the only module that calls RQ. The rows are the truth; a lost job costs half a minute."""

from __future__ import annotations

import logging
import secrets

from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from app.collaborators import here

log = logging.getLogger(__name__)

TRAINING = "training"
_TIMES = {"job_timeout": 3600, "result_ttl": 0, "failure_ttl": 86_400}  # seconds; a traceback is kept for a day


def _wake(function: str, ids: tuple[int, ...]) -> None:
    """Queue a job for each id, unless it is waiting already. A job's name tells what it is: `ingest_source-17-a1b2c3`.

    An unreachable Redis is asked once, not once for each id.
    """
    if not ids:
        return
    queue = Queue(TRAINING, connection=here().redis, serializer=JSONSerializer)
    name = function.rpartition(".")[2]
    try:
        waiting = {job_id.rpartition("-")[0] for job_id in queue.job_ids}
        for row_id in ids:
            job_id = f"{name}-{row_id}-{secrets.token_hex(6)}"
            if job_id.rpartition("-")[0] not in waiting:
                queue.enqueue(function, row_id, job_id=job_id, **_TIMES)
    except RedisError as error:
        log.warning("the queue can't be reached (%s): the work is done once it is back", error)


def wake_ingestion(*source_ids: int) -> None:
    """Ask a worker to read sources; call it after the commit."""
    _wake("jobs.training.ingest_source", source_ids)


def wake_training(*chatbot_ids: int) -> None:
    """Ask a worker to publish what chatbots know; call it after the commit."""
    _wake("jobs.training.publish_chatbot", chatbot_ids)
