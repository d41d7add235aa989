"""Each machine keeps the copies of generations that it was given room for, and none of what is gone."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import replace

import pytest

from app.answering.search import search
from app.collaborators import here
from app.knowledge import generations, local_copies
from models import Chatbot, Generation, db
from tests.conftest import inside
from tests.knowledge.conftest import learn

HOUR = 3600


@pytest.fixture
def folder(app, tmp_path, monkeypatch):
    """The copies of a machine of its own."""
    with inside(app):
        monkeypatch.setattr(type(here()), "generations_dir", tmp_path)
    return tmp_path


def put(folder, generation_uuid, *, hours_ago=0.0, n_bytes=500_000):
    made = folder / str(uuid.uuid4()) / str(generation_uuid)
    made.mkdir(parents=True)
    (made / "vectors.faiss").write_bytes(b"x" * n_bytes)
    os.utime(made, (time.time() - hours_ago * HOUR,) * 2)
    return made


def add_rows(app, chatbot_id, n_rows):
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        rows = [
            Generation(
                uuid=uuid.uuid4(), service_id=chatbot.service_id, chatbot_id=chatbot.id, number=1000 + n, n_chunks=1,
                storage_key=f"generations/0/{n}", embedding_name="m", n_documents=1, causes=[],
            )
            for n in range(n_rows)
        ]  # fmt: skip
        db.session.add_all(rows)
        db.session.commit()
        return [row.uuid for row in rows]


def give_room(app, monkeypatch, megabytes):
    with inside(app):
        monkeypatch.setattr(here(), "config", replace(here().config, generation_cache_mb=megabytes))


def tidy(app):
    with inside(app):
        return local_copies.tidy()


def test_a_copy_of_a_generation_that_another_machine_pruned_goes_after_an_hour(app, chatbot_id, folder):
    (known,) = add_rows(app, chatbot_id, 1)
    kept, young = put(folder, known, hours_ago=9), put(folder, uuid.uuid4(), hours_ago=0.5)
    pruned = put(folder, uuid.uuid4(), hours_ago=2)
    assert tidy(app) == 1
    assert kept.exists()
    assert young.exists()
    assert not pruned.parent.exists()


def test_beyond_its_room_those_go_that_were_longest_not_opened(app, chatbot_id, folder, monkeypatch):
    made = [
        put(folder, each, hours_ago=hours)
        for each, hours in zip(add_rows(app, chatbot_id, 4), (4, 1, 3, 2), strict=True)
    ]
    local_copies.touch(made[0])
    give_room(app, monkeypatch, 1)
    assert tidy(app) == 2
    assert [each.exists() for each in made] == [True, True, False, False]


def test_one_that_is_larger_than_the_room_stays_as_long_as_it_was_the_last(app, chatbot_id, folder, monkeypatch):
    (known,) = add_rows(app, chatbot_id, 1)
    large = put(folder, known, n_bytes=3_000_000)
    give_room(app, monkeypatch, 1)
    assert tidy(app) == 0
    assert large.exists()


def test_without_a_limit_all_stay(app, chatbot_id, folder, monkeypatch):
    made = [put(folder, each, n_bytes=3_000_000) for each in add_rows(app, chatbot_id, 3)]
    give_room(app, monkeypatch, 0)
    assert tidy(app) == 0
    assert all(each.exists() for each in made)


def test_what_was_put_out_of_the_way_is_fetched_again_by_the_next_question(app, chatbot_id, folder):
    learn(app, chatbot_id, "kept.txt", "The kept sentence is about cinnamon.")
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        (copy,) = folder.glob(f"{chatbot.uuid}/*")
        local_copies._remove(copy)
        generations._open.clear()
        assert search(chatbot, "cinnamon")[0].text.startswith("The kept sentence")
    assert copy.exists()
