"""A chatbot's vectors move to PostgreSQL and back while it answers; whatever is cut off, the index of before goes on."""

from __future__ import annotations

import datetime as dt
import shutil
import signal
import subprocess
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from app import answering
from app.answering import moving
from app.collaborators import here
from app.knowledge import chatbots, engines, generations, holds, mending, publish, sweep, versions
from app.knowledge.local_copies import generation_folder
from indexes.pgvector_index import PgvectorEngine
from indexes.pgvector_server import SCHEMA
from indexes.vector_index import EngineMissing, VectorIndexUnreadable, VectorsAway
from models import Chatbot, Generation, db
from tests.commands.running import COMMAND, ROOT, environ_of, run
from tests.conftest import inside
from tests.knowledge.conftest import learn
from tests.vectors.conftest import ANSWER, QUESTION, forget_open, partitions
from tests.waiting import wait_until

NONE = dt.timedelta(seconds=-1)


def move(app, chatbot_id, engine):
    with inside(app):
        return moving.move(db.session.get(Chatbot, chatbot_id), engine)


def answers(app, chatbot_id):
    with inside(app):
        return ANSWER in answering.answer(db.session.get(Chatbot, chatbot_id), QUESTION).text


def current(app, chatbot_id):
    """The generation that answers, as a row."""
    with inside(app):
        row = db.session.get(Generation, db.session.get(Chatbot, chatbot_id).generation_id)
        db.session.expunge(row)
        return row


def kept_by(app, chatbot_id):
    with inside(app):
        return db.session.get(Chatbot, chatbot_id).vector_engine, current(app, chatbot_id).vector_engine


def test_it_answers_the_same_from_postgresql_and_back(app, chatbot_id):
    assert kept_by(app, chatbot_id) == ("faiss", "faiss")
    for engine in ("pgvector", "faiss"):
        moved = move(app, chatbot_id, engine)
        assert moved.likeness == 1
        assert kept_by(app, chatbot_id) == (engine, engine)
        assert answers(app, chatbot_id)


def test_its_vectors_lie_in_postgresql_and_not_in_its_folder(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    row = current(app, chatbot_id)
    with inside(app):
        folder = generation_folder(db.session.get(Chatbot, chatbot_id).uuid, row.uuid)
        assert sorted(path.name for path in folder.iterdir()) == ["lexical", "manifest.json"]
    assert row.uuid.hex in partitions(app)


def test_what_it_learns_afterwards_goes_there_too(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    learn(app, chatbot_id, "ferry.md", "The ferry to Elmwick sails at nine from the old pier.")
    assert kept_by(app, chatbot_id) == ("pgvector", "pgvector")
    with inside(app):
        found = answering.answer(db.session.get(Chatbot, chatbot_id), "When does the ferry to Elmwick sail?")
        assert "nine" in found.text
    assert answers(app, chatbot_id)


def test_going_back_to_a_version_of_the_other_engine_works_both_ways(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    for engine in ("faiss", "pgvector"):
        with inside(app):
            chatbot = db.session.get(Chatbot, chatbot_id)
            query = select(Generation).where(Generation.chatbot_id == chatbot_id, Generation.vector_engine == engine)
            versions.go_back(chatbot, db.session.scalars(query).one())
            db.session.commit()
        assert current(app, chatbot_id).vector_engine == engine
        assert answers(app, chatbot_id)


def test_one_whose_owner_went_back_is_not_moved_over_their_head(app, chatbot_id):
    with inside(app):
        db.session.get(Chatbot, chatbot_id).held_for = holds.ROLLBACK
        db.session.commit()
    with pytest.raises(moving.MoveError, match="went back"):
        move(app, chatbot_id, "pgvector")


def test_an_index_that_finds_other_chunks_is_not_published(app, chatbot_id, monkeypatch):
    before = current(app, chatbot_id).uuid
    monkeypatch.setattr(moving, "measure_likeness", lambda *_: 0.9)
    with pytest.raises(moving.MoveError, match=r"90.0%"):
        move(app, chatbot_id, "pgvector")
    assert current(app, chatbot_id).uuid == before
    assert kept_by(app, chatbot_id) == ("faiss", "faiss")
    assert answers(app, chatbot_id)


class Killed(BaseException):
    """Stands for a kill: nothing that cleans up may run after it."""


@pytest.mark.parametrize("step", ["begin", "finish", "published", "move_pointer"])
def test_whatever_step_a_move_dies_at_the_index_of_before_answers_and_nothing_stays(app, chatbot_id, monkeypatch, step):
    before, tables = current(app, chatbot_id).uuid, partitions(app)

    def die(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(publish._Traces, "clear", lambda _traces: None)
        if step == "begin":
            patch.setattr("indexes.pgvector_draft.PgvectorDraft.add", die)
        elif step == "finish":
            patch.setattr("indexes.store.seal", die)
        else:
            patch.setattr(publish, "_move_pointer" if step == "move_pointer" else "_count_documents", die)
        with pytest.raises(Killed):
            move(app, chatbot_id, "pgvector")
    assert current(app, chatbot_id).uuid == before
    assert answers(app, chatbot_id)
    with inside(app):
        engines.drop_orphans(NONE)
    assert partitions(app) == tables
    move(app, chatbot_id, "pgvector")
    assert answers(app, chatbot_id)


def test_a_mover_that_is_killed_leaves_nothing_and_can_be_started_again(app, chatbot_id):
    """A real SIGKILL, while it waits to make its table a partition."""
    config, settings = here_config(app), settings_of(app)
    with inside(app):
        words = ["chatbot", "move-index", str(db.session.get(Chatbot, chatbot_id).uuid), "--to", "pgvector"]
        server = here().vector_server
        server.prepare()
    tables, environ = partitions(app), environ_of(config.data_dir, **settings)
    with server.building() as holding:
        holding.execute("LOCK TABLE docent_vectors.vectors IN SHARE UPDATE EXCLUSIVE MODE")
        process = subprocess.Popen([*COMMAND, *words], env=environ, cwd=ROOT, stdout=subprocess.DEVNULL)

        def waits():  # at the moment when its table would become a partition
            with server.connected() as connection:
                query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
                return connection.execute(query).fetchone() == (1,) or process.poll() is not None

        try:
            wait_until(waits)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert kept_by(app, chatbot_id) == ("faiss", "faiss")
    assert answers(app, chatbot_id)
    assert partitions(app) == tables
    done = run(config.data_dir, *words, **settings)
    assert done.returncode == 0, done.stderr
    assert "It finds 100.0% of what the index before found." in done.stdout
    forget_open()
    assert kept_by(app, chatbot_id) == ("pgvector", "pgvector")
    assert answers(app, chatbot_id)
    again = run(config.data_dir, *words, **settings)
    assert (again.returncode, "already" in again.stdout) == (0, True)


def here_config(app):
    return app.extensions["docent"].config


def settings_of(app):
    """What a command is told about this installation by its environment."""
    config = here_config(app)
    return {
        "VECTOR_DATABASE_URL": config.vector_database_url, "DATABASE_URL": config.database_url,
        "SECRET_KEY": config.secret_key, "REDIS_URL": config.redis_url, "BASE_URL": "http://localhost",
    }  # fmt: skip


def test_the_command_says_in_a_sentence_what_is_in_its_way(app, chatbot_id):
    with inside(app):
        chatbot_uuid = db.session.get(Chatbot, chatbot_id).uuid
    nowhere = settings_of(app) | {"VECTOR_DATABASE_URL": "postgresql://ada@127.0.0.1:1/vectors"}
    for words, said in (
        ((chatbot_uuid, "--to", "pgvector"), "The PostgreSQL that keeps vectors can't be used"),
        ((uuid.uuid4(), "--to", "pgvector"), "There is no chatbot"),
        ((chatbot_uuid, "--to", "milvus"), "invalid choice"),
    ):
        done = run(here_config(app).data_dir, "chatbot", "move-index", *words, **nowhere)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
    assert kept_by(app, chatbot_id) == ("faiss", "faiss")


def test_vectors_go_with_the_versions_that_are_pruned_and_with_the_chatbot(app, chatbot_id):
    before = partitions(app)
    move(app, chatbot_id, "pgvector")
    for n in range(4):
        learn(app, chatbot_id, f"{n}.txt", f"Sentence {n} is about barley.")
    assert len(partitions(app) - before) == publish.KEPT_GENERATIONS
    with inside(app):
        chatbots.delete(db.session.get(Chatbot, chatbot_id))
        db.session.commit()
        sweep.sweep()
        assert len(partitions(app) - before) == publish.KEPT_GENERATIONS  # for an hour, as files are
        engines.drop_orphans(NONE)
    assert partitions(app) == before


def test_another_service_finds_nothing_there(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    row = current(app, chatbot_id)
    with inside(app):
        stranger = PgvectorEngine(here().vector_server, row.service_id + 1, row.uuid)
        with pytest.raises(VectorIndexUnreadable):
            stranger.open(None, 384, row.n_chunks)
        index = generations.open_current(db.session.get(Chatbot, chatbot_id)).vectors
        vector = index.vectors_of(index.ids()[:1])[0]
        index.segments = [replace(one, service_id=row.service_id + 1) for one in index.segments]
        with pytest.raises(VectorIndexUnreadable):
            index.search(vector, 5)
        stranger.drop()
    assert row.uuid.hex in partitions(app)


def test_lost_vectors_are_built_again_and_the_version_before_answers_meanwhile(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    assert answers(app, chatbot_id)
    row = current(app, chatbot_id)
    with inside(app):
        engines.drop("pgvector", row.service_id, row.uuid)
        assert row.id in mending.find_broken().fileless
    assert answers(app, chatbot_id)  # from the one that was opened before it was lost, by way of the FAISS one
    with inside(app):
        assert db.session.get(Chatbot, chatbot_id).training_status == "due"
        publish.publish(chatbot_id)
    assert current(app, chatbot_id).vector_engine == "pgvector"
    assert answers(app, chatbot_id)


def test_a_table_that_somebody_dropped_by_hand_is_written_again_by_the_next_training(app, chatbot_id):
    move(app, chatbot_id, "pgvector")
    with inside(app), here().vector_server.connected() as connection:
        connection.execute(f"DROP TABLE {SCHEMA}.g_{current(app, chatbot_id).uuid.hex}")
    learn(app, chatbot_id, "ferry.md", "The ferry to Elmwick sails at nine from the old pier.")
    forget_open()
    assert answers(app, chatbot_id)
    assert kept_by(app, chatbot_id) == ("pgvector", "pgvector")


def test_where_no_server_is_set_up_any_more_it_is_built_in_memory(app, chatbot_id, monkeypatch):
    """As after a restore on a machine without pgvector."""
    move(app, chatbot_id, "pgvector")
    monkeypatch.setitem(app.extensions["docent"].__dict__, "vector_server", None)
    forget_open()
    with inside(app):
        shutil.rmtree(here().generations_dir)
        publish.publish(chatbot_id)
    assert kept_by(app, chatbot_id) == ("pgvector", "faiss")
    assert answers(app, chatbot_id)
    with pytest.raises(EngineMissing, match="VECTOR_DATABASE_URL"):
        move(app, chatbot_id, "pgvector")


def test_a_chatbot_that_knows_nothing_yet_only_notes_where_it_will_go(app, chatbot_id):
    with inside(app):
        parent = db.session.get(Chatbot, chatbot_id)
        bare = Chatbot(service_id=parent.service_id, workspace_id=parent.workspace_id, name=uuid.uuid4().hex)
        db.session.add(bare)
        db.session.commit()
        bare_id = bare.id
    assert move(app, bare_id, "pgvector").published is None
    learn(app, bare_id, "mill.txt", f"The harbor master of Elmwick is called {ANSWER}.")
    assert kept_by(app, bare_id) == ("pgvector", "pgvector")


def test_a_move_waits_for_nothing_where_postgresql_is_away(app, chatbot_id, postgres):
    postgres.crash()
    try:
        with pytest.raises(VectorsAway):
            move(app, chatbot_id, "pgvector")
    finally:
        postgres.start()
    assert kept_by(app, chatbot_id) == ("faiss", "faiss")
