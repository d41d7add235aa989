"""Figures for whoever watches an installation: counted in each process, summed up in Redis, told by `/metrics`.

In Redis and not in files of each machine, as workers have no port to be asked at, work horses live for one job, and
any web process can then tell of all. A process sends what it has counted every two seconds, so no visitor waits for it,
and a command when it ends.
While Redis is away figures wait in their process and none are told; lost with Redis, they begin anew, which Prometheus
knows of counters.
Labels come from lists of ours alone: nothing that a person has typed, and no customer's name, is one.
"""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redis.exceptions import RedisError, ResponseError

from app.collaborators import here
from app.tally import Key

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

KEY = "docent:figures"
EVERY_S = 2.0
SUM, REST = "sum", "+Inf"  # parts of a histogram beside its buckets
_FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SPOKEN = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
_LONG = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


@dataclass(frozen=True)
class Figure:
    """A counter, or a histogram of seconds where it has buckets (their upper bounds)."""

    name: str
    words: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    def has(self, part: Sequence[str]) -> bool:
        """Tell whether something is a part of it: a bucket, the sum, or nothing for a counter, and then its labels."""
        parts = {SUM, REST, *map(str, self.buckets)} if self.buckets else {""}
        return len(part) == 1 + len(self.labels) and part[0] in parts


REQUESTS = Figure("docent_http_requests", "Requests by route and class of status.", ("method", "route", "status"))
REQUEST_TIMES = Figure(
    "docent_http_request_seconds", "Time until a response begins, by route.", ("method", "route"), _FAST
)
ANSWERS = Figure("docent_answers", "Visitors' questions by what became of them.", ("state",))
ANSWER_TIMES = Figure("docent_answer_seconds", "Time from a question to its whole answer.", ("state",), _SPOKEN)
MODEL_CALLS = Figure("docent_chat_model_calls", "Calls of chat models by what became of them.", ("whose", "outcome"))
MODEL_TOKENS = Figure("docent_chat_model_tokens", "Tokens that chat models read and wrote.", ("whose", "direction"))
FIRST_WORDS = Figure("docent_chat_model_first_word_seconds", "Time to a model's first word.", ("whose",), _SPOKEN)
REFUSALS = Figure("docent_limit_refusals", "What was refused because a limit was reached.", ("limit",))
JOBS = Figure("docent_jobs", "Jobs of workers by what became of them.", ("job", "outcome"))
JOB_TIMES = Figure(
    "docent_job_seconds", "How long jobs of workers took; publish_chatbot is a training.", ("job",), _LONG
)
RUNS = Figure("docent_scheduler_runs", "Runs of what happens by the clock.", ("job", "outcome"))
MAILS = Figure("docent_mails", "Tries to hand a mail to the mail server.", ("outcome",))
READINGS = Figure("docent_readings", "Sources that were read, by workers and on the command line.", ("outcome",))
READING_TIMES = Figure("docent_reading_seconds", "How long reading a source took, websites left out.", (), _LONG)
TRAININGS = Figure("docent_trainings", "Trainings of chatbots, by workers and on the command line.", ("outcome",))
TRAINING_TIMES = Figure("docent_training_seconds", "How long a training took.", (), _LONG)
DELIVERIES = Figure("docent_deliveries", "Tries to tell a webhook.", ("outcome",))
DELIVERY_TIMES = Figure("docent_delivery_seconds", "How long a webhook took to answer.", ("outcome",), _FAST)

ALL = (
    REQUESTS, REQUEST_TIMES, ANSWERS, ANSWER_TIMES, MODEL_CALLS, MODEL_TOKENS, FIRST_WORDS, REFUSALS, JOBS, JOB_TIMES,
    RUNS, MAILS, READINGS, READING_TIMES, TRAININGS, TRAINING_TIMES, DELIVERIES, DELIVERY_TIMES,
)  # fmt: skip
_BY_NAME = {figure.name: figure for figure in ALL}
_complained = set[str]()


def count(figure: Figure, *labels: str, n: float = 1) -> None:
    here().tally.add({(figure.name, "", *labels): n})


def observe(figure: Figure, seconds: float, *labels: str) -> None:
    place = bisect_left(figure.buckets, seconds)
    bucket = str(figure.buckets[place]) if place < len(figure.buckets) else REST
    here().tally.add({(figure.name, bucket, *labels): 1, (figure.name, SUM, *labels): seconds})


@contextmanager
def timed(counter: Figure, times: Figure | None, *names: str) -> Iterator[list[str]]:
    """Count what a block of work came to, and how long it took; what is put into the list is its outcome."""
    began, outcome = time.monotonic(), ["done"]
    try:
        yield outcome
    except BaseException:
        outcome.append("failed")
        raise
    finally:
        count(counter, *names, outcome[-1])
        if times is not None:
            observe(times, time.monotonic() - began, *names)


def send() -> None:
    """Add what this process has counted to the figures of all."""
    sums = here().tally.take()
    if sums:
        here().tally.add(_add_to_all(sums))


def _add_to_all(sums: Mapping[Key, float]) -> Mapping[Key, float]:
    """Return what could not be added: everything while Redis is away, else what met a field that is no number.

    Such a field is removed, so that it begins anew with the next sending.
    """
    try:
        with here().asking_redis() as redis, redis.pipeline() as pipeline:
            for key, amount in sums.items():
                pipeline.hincrbyfloat(KEY, json.dumps(key), amount)
            done = pipeline.execute(raise_on_error=False)
            left = {key: sums[key] for key, result in zip(sums, done, strict=True) if isinstance(result, RedisError)}
            if left:
                _complain("could not be added to, and begin anew", len(left))
                with suppress(ResponseError):  # there is no hash: something else stands in its place
                    redis.hdel(KEY, *map(json.dumps, left))
            return left
    except (RedisError, OSError):
        return sums


def read() -> dict[Key, float]:
    """Return the figures of all processes that can be read; none while Redis is away.

    Those of one process would look like a restart, and all of them, once it is back, like as much within a moment.
    """
    send()
    try:
        fields = here().redis.hgetall(KEY)
    except (RedisError, OSError):
        return {}
    found = [(_key_of(key), _amount_of(value)) for key, value in fields.items()]
    sums = {key: amount for key, amount in found if key is not None and amount is not None}
    if len(sums) < len(found):
        _complain("can't be read, and are left out", len(found) - len(sums))
    return {key: amount for key, amount in sums.items() if key[0] in _BY_NAME}


def _complain(what: str, n: int) -> None:
    """Say once in this process that something in Redis is none of ours."""
    if what not in _complained:
        _complained.add(what)
        log.warning("figures in Redis that %s: %s", what, n)


def _key_of(field: bytes | str) -> Key | None:
    """Return the key that a field stands for, None for rubbish; a figure that another version counts is none."""
    try:
        key = json.loads(field)
    except (ValueError, RecursionError):
        return None
    if not isinstance(key, list) or not key or not all(isinstance(part, str) and part.isprintable() for part in key):
        return None
    figure = _BY_NAME.get(key[0])
    return tuple(key) if figure is None or figure.has(key[1:]) else None


def _amount_of(value: bytes | str) -> float | None:
    try:
        amount = float(value)
    except ValueError:
        return None
    return amount if math.isfinite(amount) else None


def keep_sending(app: Flask) -> None:
    """Send figures for as long as this process lives, or those that are forked from it: for web servers."""

    def send_all(*, forever: bool = True) -> None:
        while True:
            with app.app_context():
                send()
            if not forever:
                return
            time.sleep(EVERY_S)

    def start() -> None:
        threading.Thread(target=send_all, daemon=True, name="figures").start()

    start()
    os.register_at_fork(after_in_child=start)
    atexit.register(send_all, forever=False)
