"""Plants orphans and things in use, young and old: the sweep takes old orphans alone."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.answering.search import search
from app.collaborators import here
from app.knowledge import chatbots, publish, sources, sweep
from app.knowledge.local_copies import generation_folder
from models import Chatbot, Chunk, Document, Generation, Source, db
from models.base import now
from tests.conftest import inside
from tests.knowledge.conftest import learn

OLD = time.time() - 7200


def age(*folders):
    """Let everything in some folders look two hours old."""
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            os.utime(path, (OLD, OLD))


def plant(path, *, is_folder=False):
    path.parent.mkdir(parents=True, exist_ok=True)
    if is_folder:
        path.mkdir()
        (path / "manifest.json").write_text("{}")
    else:
        path.write_text("orphan")
    return path


@pytest.fixture
def places(app):
    data = Path(app.extensions["docent"].config.data_dir)
    return data / "storage", data / "generations"


def test_it_removes_old_orphans_and_nothing_else(app, chatbot_id, places):
    source_id = learn(app, chatbot_id, "kept.txt", "The kept sentence is about cinnamon.")
    replaced_id = learn(app, chatbot_id, "replaced.txt", "The old words.")
    storage, local = places
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        service_id, chatbot_uuid = chatbot.service_id, chatbot.uuid
        old_upload = storage / db.session.get(Source, replaced_id).data_loc
    learn(app, chatbot_id, "replaced.txt", "The new words.")
    uploads, stored = storage / "uploads" / str(service_id), storage / "generations" / str(service_id)
    orphans = [
        old_upload,
        plant(uploads / uuid.uuid4().hex),
        plant(uploads / ".draft-abc"),
        plant(stored / uuid.uuid4().hex, is_folder=True),
        plant(stored / ".draft-def", is_folder=True),
        plant(local / str(chatbot_uuid) / str(uuid.uuid4()), is_folder=True),
        plant(local / str(uuid.uuid4()) / str(uuid.uuid4()), is_folder=True),
    ]
    age(storage, local)
    young = [
        plant(uploads / uuid.uuid4().hex),
        plant(stored / uuid.uuid4().hex, is_folder=True),
        plant(local / str(chatbot_uuid) / str(uuid.uuid4()), is_folder=True),
    ]
    with inside(app):
        sweep.sweep()
    assert [path for path in orphans if path.exists()] == []
    assert all(path.exists() for path in young)
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        for row in db.session.scalars(select(Generation).where(Generation.chatbot_id == chatbot_id)):
            assert generation_folder(chatbot_uuid, row.uuid).exists()
            assert (storage / row.storage_key).exists()
        assert here().storage.exists(db.session.get(Source, source_id).data_loc)
        assert "cinnamon" in search(chatbot, "What is the kept sentence about?")[0].text


def test_it_removes_what_deleted_sources_and_chatbots_left(app, chatbot_id, places):
    source_id = learn(app, chatbot_id, "gone.txt", "The sentence that goes is about saffron.")
    storage, local = places
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        upload = storage / db.session.get(Source, source_id).data_loc
        keys = list(db.session.scalars(select(Generation.storage_key).where(Generation.chatbot_id == chatbot_id)))
        own = local / str(chatbot.uuid)
        chatbots.delete(chatbot)
        db.session.commit()
    age(storage, local)
    with inside(app):
        sweep.sweep()
        for table in (Document, Chunk, Generation):
            assert db.session.scalar(select(func.count(table.id)).where(table.chatbot_id == chatbot_id)) == 0
        assert db.session.get(Source, source_id) is not None, "its row stays for an hour"
        db.session.get(Source, source_id).deleted_at = now().replace(year=2020)
        db.session.commit()
        sweep.sweep()
        assert db.session.get(Source, source_id) is None
    assert not upload.exists()
    assert not any((storage / key).exists() for key in keys)
    assert list(own.glob("*")) == []


def test_it_leaves_a_source_that_is_being_read_alone(app, chatbot_id):
    """Drafts of a reading that was cut off hold embeddings that its next try needs."""
    source_id = learn(app, chatbot_id, "read.txt", "A sentence about nutmeg.")
    with inside(app):
        source = db.session.get(Source, source_id)
        draft = Document(
            source_id=source_id, service_id=source.service_id, chatbot_id=chatbot_id, title="draft", name="read.txt"
        )
        db.session.add(draft)
        sources.queue_again(source)
        db.session.commit()
        draft_id = draft.id
        sweep.sweep()
        db.session.expire_all()
        assert db.session.get(Document, draft_id) is not None
        source = db.session.get(Source, source_id)
        source.state = "failed"
        db.session.commit()
        sweep.sweep()
        db.session.expire_all()
        assert db.session.get(Document, draft_id) is None


def test_a_generation_that_was_pruned_is_gone_from_disk_and_storage(app, chatbot_id, places):
    learn(app, chatbot_id, "one.txt", "A sentence.")
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        for _ in range(5):
            publish.publish(chatbot_id)
        rows = db.session.scalars(select(Generation).where(Generation.chatbot_id == chatbot_id)).all()
        assert [row.number for row in rows] == [4, 5, 6]
        stored = places[0] / "generations" / str(chatbot.service_id)
        assert len(list(stored.iterdir())) == len(list((places[1] / str(chatbot.uuid)).iterdir())) == 3


def test_pictures_stay_as_long_as_a_chatbot_shows_them(app, chatbot_id, places):
    from app.looks import pictures
    from tests.looks.test_choices import picture

    storage, _ = places
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        shown, replaced = (pictures.save(chatbot.service_id, picture(), "avatar") for _ in range(2))
        chatbot.settings = {**chatbot.settings, "avatar": shown}
        db.session.commit()
        age(storage / "pictures")
        sweep.sweep()
        assert pictures.load(shown)
        assert not here().storage.exists(pictures._key(replaced))


def test_generations_that_publishing_could_not_forget_are_forgotten(app, chatbot_id, monkeypatch):
    monkeypatch.setattr(publish, "_prune", lambda *_args, **_kw: None)
    for n in range(publish.KEPT_GENERATIONS + 2):
        learn(app, chatbot_id, f"{n}.txt", f"The number {n} is a fine number.")
    with inside(app):
        mine = select(Generation).where(Generation.chatbot_id == chatbot_id).order_by(Generation.number)
        made = [generation.number for generation in db.session.scalars(mine)]
        db.session.get(Chatbot, chatbot_id).generation_id = db.session.scalars(mine.limit(1)).one().id  # gone back to
        db.session.commit()
        sweep.sweep()
        left = [generation.number for generation in db.session.scalars(mine)]
        assert left == [made[0], *made[-publish.KEPT_GENERATIONS :]]
