"""Two trainings at once, damaged generations, a full disk: the chatbot goes on answering from what is whole."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from app.answering.search import search
from app.collaborators import here
from app.knowledge import chatbots, generations, ingest, publish, reconcile
from app.knowledge.local_copies import generation_folder
from app.storage import StorageError
from jobs import training
from models import Chatbot, Generation, db, raw
from models.base import now
from tests.conftest import inside
from tests.knowledge.conftest import add, learn


def files_of(app, chatbot_id):
    """Return (generations on the local disk, generations in the storage) of a chatbot."""
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        local = generation_folder(chatbot.uuid, chatbot.uuid).parent
        stored = Path(here().config.data_dir) / "storage" / "generations" / str(chatbot.service_id)
        return tuple(
            sorted(path.name for path in folder.iterdir()) if folder.exists() else [] for folder in (local, stored)
        )


def finds(app, chatbot_id, question, text):
    with inside(app):
        return any(text in hit.text for hit in search(db.session.get(Chatbot, chatbot_id), question, k=3))


def test_of_two_trainings_the_younger_wins_and_the_older_leaves_nothing(app, chatbot_id, monkeypatch):
    learn(app, chatbot_id, "one.txt", "The first sentence is about barley.")
    before = files_of(app, chatbot_id)
    real, younger = publish._build, []

    def train_meanwhile(*args):
        n_chunks = real(*args)
        if not younger:
            younger.append(None)
            with inside(app):
                younger[0] = publish.publish(chatbot_id)
        return n_chunks

    monkeypatch.setattr(publish, "_build", train_meanwhile)
    with inside(app):
        assert publish.publish(chatbot_id) is None
        chatbot = db.session.get(Chatbot, chatbot_id)
        current = db.session.get(Generation, chatbot.generation_id)
        assert current.uuid == younger[0].generation
        assert (chatbot.training_status, current.number) == ("ready", 2)
    after = files_of(app, chatbot_id)
    assert [len(names) for names in after] == [len(names) + 1 for names in before]


def test_a_machine_without_the_version_before_fetches_it_and_reads_only_what_is_new(app, chatbot_id, monkeypatch):
    for n in range(4):
        learn(app, chatbot_id, f"{n}.txt", f"Sentence {n} is about barley.")
    with inside(app):
        shutil.rmtree(here().generations_dir / str(db.session.get(Chatbot, chatbot_id).uuid))
    n_read, read = [], raw.read_live_chunks

    def count(scope, chatbot_id, ids):
        n_read.append(len(ids))
        return read(scope, chatbot_id, ids)

    monkeypatch.setattr(raw, "read_live_chunks", count)
    learn(app, chatbot_id, "ferry.txt", "The ferry to Elmwick sails at nine.")
    assert n_read == [1]
    assert finds(app, chatbot_id, "When does the ferry to Elmwick sail?", "nine")


@pytest.mark.parametrize("step", ["_build", "_move_pointer"])
def test_deleting_a_chatbot_during_its_training_leaves_no_files(app, chatbot_id, monkeypatch, step):
    source_id = add(app, chatbot_id, "one.txt", "A sentence about rye.")
    real = getattr(publish, step)

    def delete_first(*args):
        with inside(app):
            chatbots.delete(db.session.get(Chatbot, chatbot_id))
            db.session.commit()
        return real(*args)

    monkeypatch.setattr(publish, step, delete_first)
    with inside(app):
        ingest.ingest(source_id)
        assert publish.publish(chatbot_id) is None
    assert files_of(app, chatbot_id) == ([], [])


def test_a_live_training_is_not_taken_over_by_the_next_job(app, chatbot_id):
    """Else a chatbot that keeps changing would never be published."""
    learn(app, chatbot_id, "one.txt", "A sentence about oats.")
    with inside(app):
        publish._begin(chatbot_id)
        chatbots.mark_due(db.session.get(Chatbot, chatbot_id))
        db.session.commit()
        assert not reconcile.is_due(chatbot_id)
        db.session.get(Chatbot, chatbot_id).training_heartbeat_at = now().replace(year=2020)
        db.session.commit()
        assert reconcile.is_due(chatbot_id)


def test_a_training_that_was_killed_without_any_change_is_found(app, chatbot_id):
    learn(app, chatbot_id, "one.txt", "A sentence about millet.")
    with inside(app):
        publish._begin(chatbot_id)
        db.session.get(Chatbot, chatbot_id).training_heartbeat_at = now().replace(year=2020)
        db.session.commit()
        assert chatbot_id in reconcile.due_chatbots()
        training.publish_chatbot(chatbot_id)
        assert db.session.get(Chatbot, chatbot_id).training_status == "ready"


def test_a_change_during_a_training_is_published_next(app, chatbot_id, monkeypatch):
    learn(app, chatbot_id, "one.txt", "A sentence about hops.")
    real = publish._build

    def change_meanwhile(*args):
        n_chunks = real(*args)
        with inside(app):
            chatbots.mark_due(db.session.get(Chatbot, chatbot_id))
            db.session.commit()
        return n_chunks

    monkeypatch.setattr(publish, "_build", change_meanwhile)
    with inside(app):
        assert publish.publish(chatbot_id).n_chunks == 1
        assert db.session.get(Chatbot, chatbot_id).training_status == "due"
        assert reconcile.is_due(chatbot_id)


def damage(folder):
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")


@pytest.mark.parametrize("case", [(how, stored) for how in (damage, shutil.rmtree) for stored in (False, True)])
def test_a_damaged_generation_is_replaced_and_the_one_before_answers_meanwhile(
    app, chatbot_id, counting, monkeypatch, case
):
    how, is_stored_too = case
    learn(app, chatbot_id, "one.txt", "The harbor master of Elmwick is called Rosalind.")
    learn(app, chatbot_id, "two.txt", "The ferry to Elmwick sails at nine.")
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        current = db.session.get(Generation, chatbot.generation_id)
        how(generation_folder(chatbot.uuid, current.uuid))
        if is_stored_too:
            how(Path(here().config.data_dir) / "storage" / current.storage_key)
    generations._open.clear()
    assert finds(app, chatbot_id, "What is the harbor master of Elmwick called?", "Rosalind")
    with inside(app):
        assert reconcile.is_due(chatbot_id) == is_stored_too, "a stored copy is enough to mend it"
        for _ in range(3):
            generations.open_current(db.session.get(Chatbot, chatbot_id))
        changed, published = db.session.execute(
            select(Chatbot.changed_count, Chatbot.published_count).where(Chatbot.id == chatbot_id)
        ).one()
        assert changed - published == int(is_stored_too), "ten questions ask for one training"
    monkeypatch.setattr(ingest, "parse", lambda *_: pytest.fail("parsed again"))
    counting.n_texts = 0
    with inside(app):
        training.publish_chatbot(chatbot_id)
        assert counting.n_texts == 0
    assert finds(app, chatbot_id, "When does the ferry to Elmwick sail?", "nine")


def full(*_args, **_kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("where", ["shutil.copyfile", "indexes.faiss_index.FaissIndex.write"])
def test_a_full_disk_leaves_nothing_behind_and_the_old_generation_in_place(app, chatbot_id, monkeypatch, where):
    learn(app, chatbot_id, "one.txt", "The harbor master of Elmwick is called Rosalind.")
    source_id = add(app, chatbot_id, "two.txt", "The ferry to Elmwick sails at nine.")
    before = files_of(app, chatbot_id)
    with inside(app), monkeypatch.context() as patched:
        ingest.ingest(source_id)
        patched.setattr(where, full)
        with pytest.raises((OSError, StorageError)):
            publish.publish(chatbot_id)
        assert db.session.get(Chatbot, chatbot_id).training_status == "failed"
        assert not reconcile.is_due(chatbot_id), "it is not tried again at once"
    assert files_of(app, chatbot_id) == before
    assert finds(app, chatbot_id, "What is the harbor master of Elmwick called?", "Rosalind")
    monkeypatch.setattr(reconcile, "RETRY_FAILED_AFTER_S", 0)
    with inside(app):
        training.publish_chatbot(chatbot_id)
    assert finds(app, chatbot_id, "When does the ferry to Elmwick sail?", "nine")


def test_ten_uploads_are_published_once_unless_they_take_long(app, chatbot_id):
    learn(app, chatbot_id, "one.txt", "First.")
    ids = [add(app, chatbot_id, f"{n}.txt", f"Sentence number {n}.") for n in range(3)]
    with inside(app):
        ingest.ingest(ids[0])
        assert not reconcile.is_due(chatbot_id), "others are about to be read"
        db.session.get(Chatbot, chatbot_id).last_trained = now().replace(year=2020)
        db.session.commit()
        assert reconcile.is_due(chatbot_id), "they take long"
        for source_id in ids[1:]:
            ingest.ingest(source_id)
        db.session.get(Chatbot, chatbot_id).last_trained = now()
        db.session.commit()
        assert reconcile.is_due(chatbot_id)
