"""The queues: the only module that calls RQ. The rows are the truth; a lost job costs half a minute."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass

from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

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
    try:
        jobs = [job_id.split("-") for job_id in queue.job_ids]
        waiting = {int(parts[1]) for parts in jobs if parts[0] == name}
        for row_id in choose(ids, waiting):
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


def read_state(name: str = TRAINING) -> QueueState | None:
    """Return how a queue stands; None where Redis can't be reached."""
    queue = Queue(name, connection=here().redis, serializer=JSONSerializer)
    try:
        waiting = queue.job_ids
        first = queue.fetch_job(waiting[0]) if waiting else None
        since = first.enqueued_at if first is not None else None
        n_workers = len(Worker.all(queue=queue, serializer=JSONSerializer))
    except RedisError:
        return None
    return QueueState(len(waiting), now() - _in_utc(since) if since is not None else None, n_workers)


def _in_utc(moment: dt.datetime) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def heartbeats() -> list[float] | None:
    """Return how many seconds ago each worker was heard of; None where Redis can't be reached."""
    try:
        found = Worker.all(connection=here().redis, serializer=JSONSerializer)
    except RedisError:
        return None
    heard = [_in_utc(worker.last_heartbeat) for worker in found if worker.last_heartbeat is not None]
    return [(now() - moment).total_seconds() for moment in heard]


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
