"""Redis flushed, gone and back again: the rows are the truth, and everything is finished within a minute."""

from __future__ import annotations

import io
import os
import re
import sys
import zlib

import pytest
from sqlalchemy import select

from jobs import queues
from models import AuditEvent, db
from tests.conftest import inside, make_customer, sign_in
from tests.faults.books import write_book
from tests.faults.installation import is_running, kill
from tests.waiting import wait_until

WITHIN_S = 60


STAGES = ("queued", "fetching", "parsing", "embedding", "publishing")
CASES = [(how, stage) for stage in STAGES for how in ("flushed", "stopped")]
if not os.environ.get("EVERY_STAGE"):
    CASES = [("flushed", "embedding"), ("stopped", "publishing")]


def flush(installation, chatbot_id):
    installation.redis.flushall()


def stop_and_start(installation, chatbot_id):
    """While it is away an owner uploads one more file."""
    worker = installation.processes["worker"]
    installation.stop("redis")
    late = installation.add(chatbot_id, "late.md", write_book("late", 3))
    assert installation.state(late) == "queued"
    with inside(installation.app):
        queues.wake_training(chatbot_id)
    installation.start("redis")
    assert worker.poll() is None, "the worker waits for Redis, it does not die of its absence"


@pytest.mark.parametrize(("how", "stage"), CASES)
def test_a_redis_that_is_lost_at_any_stage_costs_time_alone(installation, chatbot_id, how, stage):
    """Of three sources one is in hand, and two wait."""
    ids = [installation.add(chatbot_id, f"{n}.md", write_book(f"{how} {stage} {n}", 60)) for n in range(3)]
    wait_until(lambda: installation.has_reached(stage, ids[0]), every_s=0.001)
    {"flushed": flush, "stopped": stop_and_start}[how](installation, chatbot_id)
    took_s = installation.wait_until_settled(chatbot_id, WITHIN_S)
    assert took_s < WITHIN_S
    assert installation.states(chatbot_id) == {"ready": 3 + (how == "stopped")}
    installation.check(chatbot_id)
    sys.stdout.write(f"\nRedis {how} while {stage}: settled in {took_s:.1f} s\n")


def test_uploading_without_redis_is_no_error_and_is_found_later(installation, app):
    installation.stop("redis")
    ada = make_customer(app, "ada")
    page = f"/chatbot/{ada.chatbot_uuid}"
    client = sign_in(app, ada)
    files = {"files": [(io.BytesIO(b"Text number %d." % n), f"{n}.txt") for n in range(3)]}
    response = client.post(page + "/sources", data=files, content_type="multipart/form-data", follow_redirects=True)
    assert response.status_code == 200
    assert "3 added" in response.get_data(as_text=True)
    assert "queued" in client.get(page + "/sources").get_data(as_text=True).lower()
    with inside(app):
        events = db.session.scalars(select(AuditEvent.action).where(AuditEvent.service_id == ada.service_id)).all()
        assert events.count("source.add") == 3
    installation.start("redis")
    installation.wait_until_settled(ada.chatbot_id, WITHIN_S)
    assert installation.states(ada.chatbot_id) == {"ready": 3}


def test_no_pickle_is_in_redis(installation, app, chatbot_id):
    """A pickle would be a way to run code for whoever can write to Redis."""
    installation.stop("worker")
    try:
        installation.add(chatbot_id, "a.txt", "text")
        server = installation.redis
        job_ids = [name.decode() for name in server.lrange(f"rq:queue:{queues.TRAINING}", 0, -1)]
        assert any(re.fullmatch(r"ingest_source-\d+-[0-9a-f]{12}", job_id) for job_id in job_ids)
        for key in server.scan_iter("rq:job:*"):
            body = server.hgetall(key)
            assert b"\x80\x04" not in b"".join(body.values()), "a pickle's first bytes"
            assert re.search(rb'\["jobs\.training\.\w+", null, \[\d+\], \{\}\]', zlib_or_plain(body[b"data"]))
    finally:
        installation.start("worker")
    installation.wait_until_settled(chatbot_id)


def zlib_or_plain(data):
    try:
        return zlib.decompress(data)
    except zlib.error:
        return data


def test_the_same_work_is_queued_once(installation, app, chatbot_id):
    installation.stop("worker")
    try:
        source_id = installation.add(chatbot_id, "a.txt", "text")
        with inside(app):
            for _ in range(5):
                queues.wake_ingestion(source_id)
        names = [name.decode() for name in installation.redis.lrange(f"rq:queue:{queues.TRAINING}", 0, -1)]
        assert sum(name.startswith(f"ingest_source-{source_id}-") for name in names) == 1
    finally:
        installation.start("worker")
    installation.wait_until_settled(chatbot_id)


def test_rubbish_in_the_queue_is_passed_over_by_the_worker(installation, chatbot_id):
    worker = installation.processes["worker"]
    server, place = installation.redis, f"rq:queue:{queues.TRAINING}"
    server.hset("rq:job:ingest_source-1-a", mapping={"created_at": "x", "origin": queues.TRAINING, "data": b"x"})
    server.hset("rq:job:ingest_source-1-b", mapping={"created_at": "2026-01-02T03:04:05.000000Z", "data": b"\xff"})
    server.rpush(place, b"\xff\xfe", "", "no job", "ingest_source-1-a", "ingest_source-1-b")
    installation.add(chatbot_id, "a.txt", "text")
    installation.wait_until_settled(chatbot_id)
    assert worker.poll() is None
    assert not server.llen(place)


def test_everything_below_a_worker_dies_with_it(installation, chatbot_id):
    source_id = installation.add(chatbot_id, "book.md", write_book("family", 200))
    wait_until(lambda: installation.state(source_id) == "embedding", every_s=0.005)
    family = [installation.embedder(), *installation.horses(), *installation.parsers()]
    assert len(family) >= 2
    installation.stop("worker")
    wait_until(lambda: not any(map(is_running, family)))
    installation.start("worker")
    installation.wait_until_settled(chatbot_id)
    assert installation.state(source_id) == "ready"


def test_the_model_is_loaded_once_and_again_when_its_process_dies(installation, chatbot_id):
    installation.add(chatbot_id, "one.txt", "A first sentence.")
    installation.wait_until_settled(chatbot_id)
    first = installation.embedder()
    installation.add(chatbot_id, "two.txt", "A second sentence.")
    installation.wait_until_settled(chatbot_id)
    assert installation.embedder() == first
    kill(first)
    source_id = installation.add(chatbot_id, "three.txt", "A third sentence.")
    installation.wait_until_settled(chatbot_id)
    assert installation.state(source_id) == "ready"
    assert installation.embedder() not in (first, None)
