"""The drill: a backup that is made while people write, and encrypted, is restored elsewhere: all is well, answers stay."""

from __future__ import annotations

import io
import stat
import threading

import pyrage
import pytest
from sqlalchemy import func, select

from app import answering
from app.care import doctor, parts
from app.commands import backing_up, backup_file, backups, dumping
from app.commands.backing_up import Wish
from app.commands.backup_file import BackupError
from app.core import create_core
from app.knowledge import ingest, publish, reconcile, sources
from config import read_config
from models import Chatbot, Message, Source, db, tenancy
from models.knowledge import STORED_KINDS
from tests.care.conftest import QUESTION
from tests.conftest import inside
from tests.history.chats import say, start
from tests.waiting import PATIENCE_S, wait_until

KEY = pyrage.x25519.Identity.generate()
OF_THIS_MACHINE = {"disk", "redis", "queue", "workers", "scheduler"}


class Writers:
    """Two people who write without a pause: one chats, one uploads texts and has them read."""

    def __init__(self, app, customer):
        self.app, self.customer, self.stopped, self.n_done = app, customer, threading.Event(), {"chat": 0, "upload": 0}
        self.threads = [threading.Thread(target=self._go, args=(what,)) for what in (self.chat, self.upload)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.stopped.set()
        for thread in self.threads:
            thread.join(PATIENCE_S)

    def _go(self, write):
        while not self.stopped.is_set():
            with inside(self.app):
                write()
                self.n_done[write.__name__] += 1

    def chat(self):
        say(start(self.customer), "Is it open?", "It is.")

    def upload(self):
        chatbot = db.session.get(Chatbot, self.customer.chatbot_id)
        text = f"Parcel number {self.n_done['upload']} is on its way to the harbor."
        source = sources.add_file(chatbot, f"{self.n_done['upload']}.txt", io.BytesIO(text.encode()))
        db.session.commit()
        ingest.ingest(source.id)

    def have_gone_on(self):
        seen = dict(self.n_done)

        def both_have_written_again():
            return all(self.n_done[name] > seen[name] for name in seen)

        wait_until(both_have_written_again)


@pytest.fixture(scope="module")
def backup(app, ada, bot, tmp_path_factory):
    """A backup that was made while others wrote."""
    place = tmp_path_factory.mktemp("kept") / "docent.zip"
    with Writers(app, ada) as writers:
        writers.have_gone_on()
        with inside(app):
            backing_up.back_up(place, Wish(recipients=(str(KEY.to_public()),), timeout_s=PATIENCE_S))
        writers.have_gone_on()
    return place


@pytest.fixture
def restored(app, backup, tmp_path, artifact, empty_database):
    """The installation that was restored from it, elsewhere."""
    folder = tmp_path / "new"
    folder.mkdir(mode=0o700)
    (folder / "embedder").symlink_to(artifact)
    config = read_config({
        "DATA_DIR": str(folder), "DATABASE_URL": empty_database, "BASE_URL": "http://localhost",
        "SECRET_KEY": app.extensions["docent"].config.secret_key,
    })  # fmt: skip
    (tmp_path / "key").write_text(str(KEY))
    assert backups.restore(config, str(backup), identity=str(tmp_path / "key"), timeout_s=PATIENCE_S) == 0
    made = create_core(config.prepared())
    yield made
    with made.app_context():
        db.engine.dispose()


def test_what_was_backed_up_under_writes_is_whole_and_answers_the_same(app, ada, bot, backup, restored):
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    before = bot.ask(QUESTION)
    with restored.app_context(), tenancy.everything():
        for chatbot_id in reconcile.due_chatbots():
            publish.publish(chatbot_id)
        found = doctor.examine(is_thorough=True)
        assert [f for f in found if f.state == "wrong" and f.check not in OF_THIS_MACHINE] == []
        named = select(Source).where(Source.kind.in_(STORED_KINDS), Source.deleted_at.is_(None))
        for source in db.session.scalars(named):
            with parts.here().storage.open(source.data_loc) as stream:
                assert len(stream.read()) == source.filesize
        counts = select(Message.type, func.count(Message.id)).group_by(Message.type)
        assert set(dict(db.session.execute(counts).all())) == {"client", "bot"}
        answer = list(answering.stream(db.session.get(Chatbot, ada.chatbot_id), QUESTION, []))[-1][1]
        assert (answer.state, answer.text) == (before.state, before.text)
        assert answer.state == "grounded"
        db.session.remove()


def test_a_file_that_comes_between_the_files_and_the_database_is_in_it(app, ada, bot, tmp_path, monkeypatch):
    dump = dumping.dump

    def dump_late(*arguments):
        """Let somebody upload a text after the files were copied, and before the database is."""
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        arrived.append(sources.add_file(chatbot, "late.txt", io.BytesIO(b"The harbor was closed late.")).data_loc)
        db.session.commit()
        dump(*arguments)

    arrived = []
    monkeypatch.setattr(dumping, "dump", dump_late)
    with inside(app):
        backing_up.back_up(tmp_path / "docent.zip", Wish(timeout_s=PATIENCE_S))
    with (tmp_path / "docent.zip").open("rb") as file, backup_file.opened(file) as found:
        found.verify()
        assert f"storage/{arrived[0]}" in found.names


def test_what_the_databases_own_program_says_is_passed_on(app, bot, tmp_path, monkeypatch):
    with inside(app):
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite needs no program")
        with pytest.raises(BackupError, match="--timeout"):
            backing_up.back_up(tmp_path / "docent.zip", Wish(timeout_s=0.001))
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(BackupError, match="pg_dump is not installed"):
            backing_up.back_up(tmp_path / "docent.zip", Wish(timeout_s=PATIENCE_S))
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_in_use_is_not_restored_into(app, backup, tmp_path):
    config = app.extensions["docent"].config
    there = {"DATABASE_URL": config.database_url or config.database, "SECRET_KEY": config.secret_key}
    with pytest.raises(BackupError, match="tables already"):
        new = read_config({"DATA_DIR": str(tmp_path / "new"), **there})
        backups.restore(new, str(backup), identity=None, timeout_s=PATIENCE_S)
    assert not (tmp_path / "new").exists()
