"""Words of deleted chats leave the files of SQLite too, and the search finds what is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.history import fulltext, summary
from app.privacy import erasing, forgetting
from jobs import privacy as jobs
from jobs import queues
from models import ChatSession, db, tenancy
from models.engine import BUSY_TIMEOUT_S
from tests.conftest import inside
from tests.privacy.conftest import add_chat

CANARY = "pelicancanary"
FILES = ("", "-wal")


def on_disk(app) -> int:
    """How often the canary lies in the database's files."""
    with app.app_context():
        path = db.engine.url.database
    return sum(file.read_bytes().count(CANARY.encode()) for end in FILES if (file := Path(path + end)).exists())


def found(word: str) -> int:
    return db.session.scalar(select(func.count(ChatSession.id)).where(fulltext.is_said(word, None)))


@pytest.fixture
def said(app, ada):
    """Ids of chats in which the canary was said, each committed by itself, as chats are."""
    if db_is_on_server(app):
        pytest.skip("PostgreSQL cleans up by itself")
    with inside(app):
        for n in range(12):
            summary.renew(add_chat(ada, question=f"What of {CANARY} {n}?", answer="It goes."))
            summary.renew(add_chat(ada, question="What of the flamingo?", answer="It stays."))
            db.session.commit()
        return list(db.session.scalars(select(ChatSession.id).where(fulltext.is_said(CANARY, None))))


def db_is_on_server(app) -> bool:
    with app.app_context():
        return db.engine.dialect.name != "sqlite"


def erase(app, ids) -> None:
    with inside(app):
        erasing.erase(ids)
        db.session.commit()


def test_no_word_of_what_was_erased_is_left_in_the_files(app, said):
    assert on_disk(app)
    erase(app, said)
    assert on_disk(app), "the index would hold it until a merge"
    with app.app_context():
        assert forgetting.forget_words()
    assert on_disk(app) == 0
    with inside(app):
        assert found(CANARY) == 0
        assert found("flamingo") == 12


def test_it_leaves_the_connection_as_it_was_and_does_nothing_twice(app, said):
    erase(app, said)
    with app.app_context():
        forgetting.forget_words()
        assert forgetting.forget_words() == 0
        assert db.session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT_S * 1000
        db.session.remove()


def test_a_worker_does_it_after_an_owners_erasure_and_once_a_day(app, said, owner, ada, server):
    server.flushall()
    owner.post(f"/chatbot/{ada.chatbot_uuid}/privacy/erase", data={"kind": "words", "sought": CANARY, "sure": "1"})
    with app.app_context():
        [name] = [key for key in server.scan_iter("rq:job:*") if b"forget_words" in key]
        queues.wake_forgetting()
        assert [key for key in server.scan_iter("rq:job:*") if b"forget_words" in key] == [name], "one waits already"
        jobs.forget_words(0)
    assert on_disk(app) == 0


def test_only_who_sees_everything_merges_for_everybody(app, ada):
    with app.app_context(), tenancy.use(tenancy.service_scope(ada.service_id)):
        from models import raw

        for what in (
            lambda: raw.merge_words(tenancy.current(), 1, begins=True),
            lambda: raw.empty_log(tenancy.current()),
        ):
            with pytest.raises(tenancy.ForeignRowError):
                what()
