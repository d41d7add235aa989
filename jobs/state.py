"""How the queue stands: for those who look after the installation."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from app.collaborators import here
from jobs.queues import TRAINING
from models.base import now


@dataclass(frozen=True)
class QueueState:
    """How many jobs wait, how long the first of them has (None: none waits), and how many workers are there."""

    n_waiting: int
    age: dt.timedelta | None
    n_workers: int


def read_state() -> QueueState | None:
    """Return how the queue stands; None where Redis can't be reached."""
    queue = Queue(TRAINING, connection=here().redis, serializer=JSONSerializer)
    try:
        waiting = queue.job_ids
        first = queue.fetch_job(waiting[0]) if waiting else None
        since = first.enqueued_at if first is not None else None
        n_workers = len(Worker.all(queue=queue, serializer=JSONSerializer))
    except RedisError:
        return None
    since = since.replace(tzinfo=dt.UTC) if since is not None and since.tzinfo is None else since
    return QueueState(len(waiting), now() - since if since is not None else None, n_workers)
