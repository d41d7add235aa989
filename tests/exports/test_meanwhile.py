"""Erasing while exports are written, and visitors who go on to ask: what each file then holds, on both databases."""

from __future__ import annotations

import csv
import io
import itertools
import threading

import pytest

from app.collaborators import here
from app.exports import formats, preparing, rows, writing
from app.exports.rows import Wanted
from app.history import takeout
from app.history.filters import Filter
from app.privacy import erasing
from models import ChatSession, Member, Message, Service, db, raw, tenancy
from tests.conftest import inside, make_customer
from tests.exports.parcels import bring, take
from tests.history.chats import BEGIN, say, start

N = 40


@pytest.fixture
def gil(app):
    """A customer with chats of two questions each."""
    gil = make_customer(app, "gil")
    with inside(app):
        for n in range(N):
            chat = start(gil, at=BEGIN)
            say(chat, f"First question of {n}?", "Yes.")
            say(chat, f"Second question of {n}?", "No.")
        db.session.commit()
    return gil


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    monkeypatch.setattr(rows, "SESSIONS", 4)


def wanted(gil):
    return Wanted(Filter(service_id=gil.service_id), columns=("session_id", "message"))


def chats_of(gil):
    query = ChatSession.__table__.select().where(ChatSession.service_id == gil.service_id).order_by(ChatSession.id)
    return [row.id for row in db.session.execute(query)]


def erase(ids):
    erasing.erase(ids)
    db.session.commit()


def by_chat(batches):
    """session id -> what was said in it, of the rows of a file."""
    found = {}
    for session_id, message in itertools.chain.from_iterable(batches):
        found.setdefault(int(session_id), []).append(message)
    return found


def test_what_is_erased_before_its_turn_is_not_in_a_file_that_is_being_written(app, gil):
    with inside(app):
        ids = chats_of(gil)
        reading = rows.read(wanted(gil))
        first = next(reading)
        written = set(by_chat([first]))
        gone = [id_ for id_ in ids if id_ not in written][::2]
        erase(gone)
        found = by_chat([first, *reading])
    assert set(found) == set(ids) - set(gone)
    assert {len(said) for said in found.values()} == {4}, "each chat is whole, or not there"


def test_what_was_written_before_it_was_erased_stays_in_that_file_and_is_in_no_later_one(app, gil):
    with inside(app):
        reading = rows.read(wanted(gil))
        first = next(reading)
        gone = sorted(by_chat([first]))
        erase(gone)
        assert set(gone) < set(by_chat([first, *reading])), "the file was on its way"
        assert not set(gone) & set(by_chat(rows.read(wanted(gil)))), "exports of later date don't hold them"


def test_a_chat_that_is_erased_between_its_own_two_readings_is_not_there(app, gil, monkeypatch):
    """Chats are read first, their messages after."""
    real = rows._messages

    def read(*args, **how):
        if chats := chats_of(gil):
            erase(chats[:1])
        return real(*args, **how)

    monkeypatch.setattr(rows, "_messages", read)
    with inside(app):
        found = by_chat(rows.read(wanted(gil)))
        assert {len(said) for said in found.values()} <= {4}
        assert len(found) < N


def test_of_erasures_and_exports_at_once_no_file_holds_half_a_chat(app, gil):
    """A thread erases chat by chat while files are written; then none is left in any file."""
    stop, wrong, n_files = threading.Event(), [], 0

    def erase_one_by_one():
        with inside(app):
            for chat_id in chats_of(gil):
                erase([chat_id])
        stop.set()

    eraser = threading.Thread(target=erase_one_by_one)
    with inside(app):
        next(rows.read(wanted(gil)))
        eraser.start()
        while not stop.is_set():
            found = by_chat(rows.read(wanted(gil)))
            wrong += [said for said in found.values() if len(said) != 4]
            n_files += 1
        eraser.join()
        assert by_chat(rows.read(wanted(gil))) == {}
    assert wrong == []
    assert n_files > 0


def test_a_prepared_file_holds_nothing_that_was_erased_before_it_was_ordered(app, gil):
    with inside(app):
        gone = chats_of(gil)[: N // 2]
        erase(gone)
        member = db.session.get(Member, gil.member_id)
        export = preparing.order(member, gil.service_id, wanted(gil), "csv", N)
        db.session.commit()
        export_id = export.id
    with app.app_context():
        writing.write(export_id)
    with inside(app):
        export = db.session.get_one(type(export), export_id)
        lines = list(csv.reader(io.StringIO(here().storage.open(export.place).read().decode("utf-8-sig"))))
        assert {int(line[0]) for line in lines[1:-1]} == set(chats_of(gil))
        assert lines[-1][0] == f"{formats.END} {len(lines) - 2}"


def test_visitors_who_go_on_to_ask_leave_a_whole_service_that_can_be_imported(app, gil, tmp_path):
    """The chats are written; then somebody begins another, and says something in one that is known."""
    with inside(app):
        known = chats_of(gil)[0]
    with app.app_context(), tenancy.use(tenancy.service_scope(gil.service_id)):
        parts = []
        for block in takeout.pack(db.session.get(Service, gil.service_id).name):
            parts.append(block)
            if len(parts) == 1:
                begun = threading.Thread(target=ask_on, args=(app, gil, known))
                begun.start()
                begun.join()
    there = bring(app, b"".join(parts), tmp_path)
    with inside(app):
        said = db.session.query(Message).where(Message.service_id == there).count()
        assert said >= 4 * N


def test_a_chat_whose_visitor_was_slower_than_the_next_is_there_with_what_was_said_in_it(
    app, gil, tmp_path, monkeypatch, database_url
):
    """It has its number, and is committed once others of higher numbers are there: PostgreSQL alone lets it."""
    if not database_url:
        pytest.skip("SQLite has one writer at a time")
    begun, goes_on = threading.Event(), threading.Event()

    def begin_slowly():
        with inside(app):
            ids = {"service_id": gil.service_id, "chatbot_id": gil.chatbot_id}
            chat = ChatSession(**ids, domain_id=gil.domain_id)
            db.session.add(chat)
            db.session.flush()
            begun.set()
            goes_on.wait()
            db.session.add(Message(**ids, session_id=chat.id, type="client", message="Am I late?"))
            db.session.commit()

    def finish(*_):
        goes_on.set()
        slow.join()

    slow = threading.Thread(target=begin_slowly)
    slow.start()
    begun.wait()
    with inside(app):
        start(gil)
    writers, lines = raw.writers_of, takeout._lines
    monkeypatch.setattr(raw, "writers_of", lambda table: (found := writers(table), found and finish())[0])
    monkeypatch.setattr(
        takeout, "_lines", lambda kind, *more: (kind.file == "messages" and finish(), lines(kind, *more))[1]
    )
    there = bring(app, take(app, gil.service_id), tmp_path)
    with inside(app):
        said = db.session.query(Message).where(Message.service_id == there)
        assert said.where(Message.message == "Am I late?").count() == 1


def ask_on(app, gil, known):
    with inside(app):
        say(start(gil), "Asked while it was written?", "Yes.")
        say(db.session.get_one(ChatSession, known), "And this?", "Too.")
        db.session.commit()


def test_a_chat_that_began_after_the_chats_were_written_is_left_out(app, gil, tmp_path, monkeypatch):
    """At the worst moment: between the chats and their messages."""
    real = takeout._lines

    def lines(kind, *args):
        if kind.file == "messages":
            begun = threading.Thread(target=ask_on, args=(app, gil, known))
            begun.start()
            begun.join()
        return real(kind, *args)

    monkeypatch.setattr(takeout, "_lines", lines)
    with inside(app):
        known = chats_of(gil)[0]
    with app.app_context(), tenancy.use(tenancy.service_scope(gil.service_id)):
        content = b"".join(takeout.pack("Gil's"))
    there = bring(app, content, tmp_path)
    with inside(app):
        said = db.session.query(Message).where(Message.service_id == there)
        assert said.where(Message.message == "Asked while it was written?").count() == 0
        assert said.where(Message.message == "And this?").count() == 1
