"""The queues: the only module that calls RQ. The rows are the truth; a lost job costs half a minute."""

from __future__ import annotations

import datetime as dt
import logging
import re
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_registration import REDIS_WORKER_KEYS, WORKERS_BY_QUEUE_KEY

from app.collaborators import here
from app.knowledge import turns
from models.base import now

log = logging.getLogger(__name__)

TRAINING = "training"
TELLING = "telling"  # of webhooks, whose other side may take its time, and all else that can wait
EXPORTING = "exporting"  # of what may take minutes
_NOBODY = 0  # whom a job is about that is about all
BY_URGENCY = (TRAINING, TELLING, EXPORTING)  # a worker takes from the first one that holds anything
_SCHEDULER, _SCHEDULER_TTL_S = "docent:scheduler", 300
_TIMES = {"job_timeout": 3600, "result_ttl": 0, "failure_ttl": 86_400}  # seconds; a traceback is kept for a day


@dataclass(frozen=True)
class QueueState:
    """How many jobs wait, how long the first of them has (None: none waits), and how many workers are there."""

    n_waiting: int
    age: dt.timedelta | None
    n_workers: int


Choose = Callable[[Sequence[int], Collection[int]], Sequence[int]]  # (asked for, waiting) -> those to queue


def _new_ones(ids: Sequence[int], waiting: Collection[int]) -> Sequence[int]:
    return [row_id for row_id in ids if row_id not in waiting]


def _wake(function: str, ids: tuple[int, ...], choose: Choose = _new_ones, *, name_of_queue: str = TRAINING) -> None:
    """Queue a job for each id, unless it is waiting already. A job's name tells what it is: `ingest_source-17-a1b2c3`.

    An unreachable Redis is asked once, not once for each id.
    """
    if not ids:
        return
    queue = Queue(name_of_queue, connection=here().redis, serializer=JSONSerializer)
    name = function.rpartition(".")[2]
    named = re.compile(rf"{name}-([0-9]{{1,18}})-".encode())
    try:
        with here().reaching_redis():
            waiting = {int(found[1]) for job_id in _ids(queue) if (found := named.match(job_id))}
        for row_id in choose(ids, waiting):
            with here().reaching_redis():
                queue.enqueue(function, row_id, job_id=f"{name}-{row_id}-{secrets.token_hex(6)}", **_TIMES)
    except RedisError as error:
        log.warning("the queue can't be reached (%s): the work is done once it is back", error)


def wake_ingestion(*source_ids: int) -> None:
    """Ask a worker to read sources; call it after the commit. Each customer has a few in the queue, in turns."""
    _wake("jobs.training.ingest_source", source_ids, turns.allot)


def wake_training(*chatbot_ids: int) -> None:
    """Ask a worker to publish what chatbots know; call it after the commit."""
    _wake("jobs.training.publish_chatbot", chatbot_ids)


def wake_learning(*chatbot_ids: int) -> None:
    """Ask a worker to look at what chatbots were asked, once nothing else waits."""
    _wake("jobs.learning.learn", chatbot_ids, name_of_queue=TELLING)


def wake_proofs(*domain_ids: int) -> None:
    """Ask a worker to look for the proofs of domains."""
    _wake("jobs.domains.check_domain", domain_ids)


def wake_deliveries(*delivery_ids: int) -> None:
    """Ask a worker to tell webhooks, once nothing else waits: one that never answers takes ten seconds at a time."""
    _wake("jobs.webhooks.deliver", delivery_ids, name_of_queue=TELLING)


def wake_retention(*chatbot_ids: int) -> None:
    """Ask a worker to delete chats whose time is over, once nothing else waits."""
    _wake("jobs.privacy.delete_outlived", chatbot_ids, name_of_queue=TELLING)


def wake_purges(*chatbot_ids: int) -> None:
    """Ask a worker to delete what is below deleted chatbots, once nothing else waits."""
    _wake("jobs.privacy.purge", chatbot_ids, name_of_queue=TELLING)


def wake_erasures(*erasure_ids: int) -> None:
    """Ask a worker to delete the chats that somebody wants gone."""
    _wake("jobs.privacy.erase", erasure_ids)


def wake_forgetting() -> None:
    """Ask a worker to take the words of deleted chats out of the index of the search, once nothing else waits."""
    _wake("jobs.privacy.forget_words", (_NOBODY,), name_of_queue=TELLING)


def wake_redactions(*redaction_ids: int) -> None:
    """Ask a worker to redact earlier chats, once nothing else waits."""
    _wake("jobs.privacy.redact", redaction_ids, name_of_queue=TELLING)


def wake_exports(*export_ids: int) -> None:
    """Ask a worker to write exports, once nothing else waits; call it after the commit."""
    _wake("jobs.exports.write_export", export_ids, name_of_queue=EXPORTING)


def _ids(queue: Queue) -> list[bytes]:
    """Return the names of the jobs that wait, as they stand in Redis: anything."""
    found: Any = here().redis.lrange(queue.key, 0, -1)
    return list(found)


def read_state(name: str = TRAINING) -> QueueState | None:
    """Return how a queue stands; None where Redis can't be reached."""
    queue = Queue(name, connection=here().redis, serializer=JSONSerializer)
    try:
        with here().reaching_redis() as redis, redis.pipeline(transaction=False) as pipe:
            pipe.llen(queue.key)
            pipe.lindex(queue.key, 0)
            pipe.smembers(WORKERS_BY_QUEUE_KEY % name)
            n_waiting, first, workers = pipe.execute()
        with here().reaching_redis():
            [since] = _moments("enqueued_at", [Job.redis_job_namespace_prefix.encode() + (first or b"")])
            beats = _moments("last_heartbeat", workers)
    except RedisError:
        return None
    return QueueState(n_waiting, now() - since if since else None, sum(beat is not None for beat in beats))


def heartbeats() -> list[float] | None:
    """Return how many seconds ago each worker was heard of; None where Redis can't be reached."""
    try:
        workers: Any = here().redis.smembers(REDIS_WORKER_KEYS)
        beats = _moments("last_heartbeat", workers)
    except RedisError:
        return None
    return [(now() - moment).total_seconds() for moment in beats if moment is not None]


def _moments(field: str, keys: Iterable[bytes]) -> list[dt.datetime | None]:
    """Return the moment in a field of each hash; None where there is none, or something else in its place."""
    with here().redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.hget(key, field)
        return [_as_moment(value) for value in pipe.execute(raise_on_error=False)]


def _as_moment(value: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(value.decode()) if isinstance(value, bytes) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC) if moment else None


def show_scheduler() -> None:
    """Note that the scheduler is alive, for the doctor."""
    with suppress(RedisError):
        here().redis.set(_SCHEDULER, 1, ex=_SCHEDULER_TTL_S)


def is_scheduler_alive() -> bool | None:
    """Tell whether a scheduler has run within some minutes; None where Redis can't be reached."""
    try:
        return bool(here().redis.exists(_SCHEDULER))
    except RedisError:
        return None
