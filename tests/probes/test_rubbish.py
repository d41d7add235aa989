"""What stands in Redis may be anything: another program's, an older version's, or half of what was meant."""

from __future__ import annotations

import io
import json

import pytest

from app import figures, limits
from app.care import doctor
from app.domains import counting
from app.knowledge import sweep
from jobs import queues
from models import Embed, db
from models.base import now
from tests.conftest import inside
from tests.faults.books import write_book
from tests.probes.conftest import figures_of

NO_TEXT = b"\xff\xfe"
DEEP = "[" * 100_000
UNREADABLE = {  # what a field of the figures is called -> what stands in it
    b"": 1,
    NO_TEXT: 1,
    b"no JSON": 1,
    DEEP.encode(): 1,
    b"7": 1,
    b"{}": 1,
    b"[]": 1,
    b'["docent_mails"]': 1,
    b'["docent_mails", ""]': 1,
    b'["docent_mails", "", 7]': 1,
    b'["docent_mails", "", "sent", "twice"]': 1,
    b'["docent_mails", "sum", "sent"]': 1,
    b'["docent_mails", "", "\\ud800"]': 1,
    b'["docent_mails", "", "a\\u0000b"]': 1,
    b'["docent_job_seconds", "0.3", "a job"]': 1,
    b'["docent_mails", "", "refused"]': "many",
    b'["docent_mails", "", "away"]': "nan",
    b'["docent_mails", "", "taken"]': "inf",
    b'["docent_mails", "", "lost"]': NO_TEXT,
}


@pytest.fixture
def redis(installation):
    found = installation.redis
    found.flushall()
    yield found
    found.flushall()


@pytest.fixture
def reader(app):
    return app.test_client()


def count_mails(app, n, outcome="sent"):
    with app.app_context():
        figures.count(figures.MAILS, outcome, n=n)
        figures.send()


def test_figures_that_cannot_be_read_are_left_out_and_said_once(app, redis, reader, caplog):
    count_mails(app, 5)
    redis.hset(figures.KEY, mapping=UNREADABLE)
    for _ in range(2):
        told = figures_of(reader)
        assert {name: n for name, n in told.items() if name[0] == "docent_mails_total"} == {
            ("docent_mails_total", "sent"): 5
        }
    assert [words for words in caplog.messages if "figures" in words] == [
        f"figures in Redis that can't be read, and are left out: {len(UNREADABLE)}"
    ]


def test_a_figure_of_another_version_is_left_out_without_a_word(redis, reader, caplog):
    redis.hset(figures.KEY, json.dumps(["docent_of_tomorrow", "", "a", "b"]), 1)
    assert ("docent_of_tomorrow_total",) not in figures_of(reader)
    assert caplog.messages == []


def test_a_figure_that_is_no_number_begins_anew_and_no_other_is_counted_twice(app, redis, reader):
    redis.hset(figures.KEY, json.dumps([figures.MAILS.name, "", "refused"]), "many")
    count_mails(app, 2, "refused")
    count_mails(app, 5)
    told = figures_of(reader)
    assert told["docent_mails_total", "sent"] == 5
    assert told["docent_mails_total", "refused"] == 2


def test_figures_wait_while_something_else_stands_in_their_place(app, redis, reader):
    redis.set(figures.KEY, "something else")
    count_mails(app, 5)
    assert ("docent_mails_total", "sent") not in figures_of(reader)
    redis.delete(figures.KEY)
    assert figures_of(reader)["docent_mails_total", "sent"] == 5


RUBBISH_OF_QUEUES = {
    "names that are no text": lambda redis: redis.rpush("rq:queue:training", NO_TEXT),
    "names of no job": lambda redis: redis.rpush("rq:queue:training", "ingest_source", "ingest_source-x-1", "-", ""),
    "a job of nothing": lambda redis: (
        redis.hset("rq:job:ingest_source-1-a", "data", NO_TEXT),
        redis.rpush("rq:queue:training", "ingest_source-1-a"),
    ),
    "a job of no time": lambda redis: (
        redis.hset(
            "rq:job:ingest_source-1-a",
            mapping={"created_at": "x", "enqueued_at": "y", "origin": "training", "data": b"x"},
        ),
        redis.rpush("rq:queue:training", "ingest_source-1-a"),
    ),
    "another kind of thing": lambda redis: redis.set("rq:queue:training", "something else"),
    "workers that are none": lambda redis: redis.sadd("rq:workers", "somebody", NO_TEXT),
    "workers of a queue that are none": lambda redis: redis.sadd("rq:workers:training", "somebody", NO_TEXT),
    "a worker of no time": lambda redis: (
        redis.hset("rq:worker:w", mapping={"birth": "x", "last_heartbeat": "y", "queues": "training"}),
        redis.sadd("rq:workers", "rq:worker:w"),
        redis.sadd("rq:workers:training", "rq:worker:w"),
    ),
}


@pytest.mark.parametrize("spoil", RUBBISH_OF_QUEUES.values(), ids=RUBBISH_OF_QUEUES.keys())
def test_rubbish_in_the_queue_stops_no_page_no_figure_and_no_doctor(app, ada, as_ada, redis, spoil):
    spoil(redis)
    files = {"files": [(io.BytesIO(write_book("rubbish", 1).encode()), "a.txt")]}
    page = f"/chatbot/{ada.chatbot_uuid}/sources"
    assert as_ada.post(page, data=files, content_type="multipart/form-data").status_code == 302
    with inside(app):
        found = {finding.check: finding.words for finding in doctor.examine(is_thorough=False)}
        assert "can't be looked at" not in found["queue"] + found["workers"]
    assert "docent_ready" in {name for name, *_ in figures_of(as_ada)}


def test_the_doctor_tells_of_a_queue_that_something_else_lies_in_the_place_of(app, redis):
    redis.set("rq:queue:training", "something else")
    redis.set("rq:workers", "something else")
    with inside(app):
        found = {finding.check: finding for finding in doctor.examine(is_thorough=False)}
    for check in ("queue", "workers"):
        assert found[check].state == "wrong"
        assert "something else" in found[check].words


def test_the_worker_of_a_queue_is_counted_beside_rubbish(app, redis):
    beat = now().isoformat()
    redis.hset("rq:worker:w", mapping={"birth": beat, "last_heartbeat": beat})
    redis.sadd("rq:workers:training", "rq:worker:w", "somebody", NO_TEXT)
    redis.sadd("rq:workers", "rq:worker:w", "somebody", NO_TEXT)
    with inside(app):
        assert queues.read_state().n_workers == 1
        assert len(queues.heartbeats()) == 1


def test_a_limit_that_is_no_number_is_counted_in_this_process(app, redis):
    with inside(app):
        assert limits.allow("2 per hour", "trying", "ada")
        for key in redis.keys("LIMITS*"):
            redis.set(key, "many")
        assert limits.has_room("2 per hour", "trying", "ada")
        assert [limits.allow("2 per hour", "trying", "ada") for _ in range(3)] == [True, True, False]


def test_files_that_are_left_are_none_where_their_note_is_rubbish(app, redis):
    with inside(app):
        for noted in (NO_TEXT, "no JSON", DEEP, "7", '{"a": 1}', "[7]"):
            redis.set(sweep.LEFT, noted)
            assert sweep.files_left() == []


def test_a_form_whose_name_holds_rubbish_leads_back_to_where_it_was_sent_from(app, ada, as_ada, redis):
    form = {"once": "a name", "name": "Helper", "type": "support", "workspace": ada.workspace_id}
    assert as_ada.post("/chatbotview/add", data=form).status_code == 302
    [key] = redis.keys("docent:once:*")
    redis.set(key, NO_TEXT)
    assert as_ada.post("/chatbotview/add", data=form).status_code == 303


def test_what_embeds_counted_is_written_without_what_cannot_be_read(app, ada, redis, caplog):
    with inside(app):
        embed = Embed(service_id=ada.service_id, chatbot_id=ada.chatbot_id, domain_id=ada.domain_id)
        db.session.add(embed)
        db.session.commit()
        embed_id = embed.id
        counting.note_load(embed_id, "/shop")
        counting.note_refusal(embed_id, "origin", "https://elsewhere.example")
        today = str(now().date())
        names = (
            NO_TEXT,
            "",
            "x",
            f"{10**30}",
            "-1",
            f"{embed_id} never",
            f"{embed_id} {today} a",
            f"{embed_id} {today} a b c d",
        )
        for key in (counting.SEEN, counting.LOADS, counting.REFUSED):
            redis.hset(key, mapping=dict.fromkeys(names, "rubbish"))
        redis.hset(counting.SEEN, f"{embed_id} ", NO_TEXT)
        counting.collect()
        db.session.expire_all()
        assert db.session.get(Embed, embed_id).last_seen_page == "/shop"
        assert redis.dbsize() == 0 or not redis.exists(counting.SEEN, counting.LOADS, counting.REFUSED)
