"""Reading messages with a cursor: none is missed, none comes twice, while others write."""

from __future__ import annotations

import datetime as dt
import threading
import uuid

import pytest
from sqlalchemy import delete, select, update

from app.answering.answer import Answer
from app.history import feed, recording
from app.history.feed import Cursor, CursorError
from models import ChatSession, Message, db, raw, tenancy
from models.base import now
from tests.conftest import inside, make_customer

N_WRITERS, N_TURNS = 4, 12


def add_session(customer):
    ids = {"service_id": customer.service_id, "chatbot_id": customer.chatbot_id}
    chat = ChatSession(**ids)
    db.session.add(chat)
    db.session.commit()
    return chat


def ask(chat, words):
    turn = recording.open_turn(chat, words, uuid.uuid4().hex)
    db.session.commit()
    return turn.id


@pytest.fixture
def reading(app, ada):
    """Ada's scope, and the cursor behind all that is there already."""
    with app.app_context(), tenancy.use(tenancy.service_scope(ada.service_id)):
        yield feed.look(Cursor()).cursor
        db.session.remove()


def texts(page):
    return [message.message for message in page.messages]


def test_an_answer_comes_once_it_is_complete_and_what_followed_it_before(ada, reading):
    chat = add_session(ada)
    slow = ask(chat, "How long is the warranty?")
    page = feed.read(reading)
    assert texts(page) == ["How long is the warranty?"]
    other = add_session(ada)
    recording.close_turn(ask(other, "And refunds?"), Answer("grounded", "Thirty days."))
    page = feed.read(page.cursor)
    assert texts(page) == ["And refunds?", "Thirty days."]
    recording.close_turn(slow, Answer("grounded", "Two years."))
    page = feed.read(page.cursor)
    assert texts(page) == ["Two years."]
    assert not page.has_more
    assert texts(feed.read(page.cursor)) == []


def test_a_cursor_survives_being_written_down(ada, reading):
    chat = add_session(ada)
    slow = ask(chat, "Is it open on Sunday?")
    written = str(feed.read(reading).cursor)
    recording.close_turn(slow, Answer("grounded", "No."))
    assert texts(feed.read(feed.parse_cursor(written))) == ["No."]


def test_pages_hold_as_many_as_were_asked_for_and_lose_none_between_them(ada, reading):
    chat = add_session(ada)
    for n in range(7):
        recording.close_turn(ask(chat, f"question {n}"), Answer("grounded", f"answer {n}"))
    found, cursor, sizes = [], reading, []
    while True:
        page = feed.read(cursor, limit=4)
        found, cursor = found + texts(page), page.cursor
        sizes.append(len(page.messages))
        if not page.has_more:
            break
    assert found == [f"{kind} {n}" for n in range(7) for kind in ("question", "answer")]
    assert max(sizes) == 4


def test_a_filter_that_changes_its_mind_costs_no_message(ada, reading):
    """The state of an answer is not known while it is made: to leave it out then would be to miss it."""
    slow = ask(add_session(ada), "Do you ship to Norway?")
    only_refused = lambda query: query.where(Message.state == "refused")  # noqa: E731
    page = feed.read(reading, narrow=only_refused)
    assert texts(page) == []
    recording.close_turn(slow, Answer("refused", "I don't know."))
    assert texts(feed.read(page.cursor, narrow=only_refused)) == ["I don't know."]


def test_what_is_erased_meanwhile_is_waited_for_no_more(ada, reading):
    chat = add_session(ada)
    ask(chat, "Forget me")
    page = feed.read(reading)
    db.session.execute(delete(ChatSession).where(ChatSession.id == chat.id))
    db.session.commit()
    page = feed.read(page.cursor)
    assert (texts(page), page.cursor.waits_for) == ([], ())


def test_an_answer_that_was_left_behind_comes_as_it_stands(ada, reading):
    left = ask(add_session(ada), "Anybody there?")
    db.session.execute(update(Message).where(Message.id == left).values(timestamp=now() - dt.timedelta(days=2)))
    db.session.commit()
    page = feed.read(reading)
    assert texts(page) == ["Anybody there?", ""]
    assert page.cursor.waits_for == ()


def test_too_many_unfinished_answers_hold_a_cursor_up_and_lose_nothing(ada, reading, monkeypatch):
    monkeypatch.setattr(feed, "MAX_OPEN", 2)
    slow = [ask(add_session(ada), f"slow {n}") for n in range(4)]
    page = feed.read(reading)
    found = texts(page)
    assert len(page.cursor.waits_for) == 2
    assert page.has_more
    for turn in slow:
        recording.close_turn(turn, Answer("grounded", "done"))
    while page.has_more or page.cursor.waits_for:
        page = feed.read(page.cursor)
        found += texts(page)
    assert sorted(found) == sorted([f"slow {n}" for n in range(4)] + ["done"] * 4)


@pytest.mark.parametrize("text", ["x", "-1", "1-", "1--2", "1-2-", "９", "1" * 19, "1" + "-2" * 501, "1 ", "1\n"])
def test_what_is_no_cursor_is_refused(text):
    with pytest.raises(CursorError):
        feed.parse_cursor(text)


def test_a_strangers_ids_in_a_cursor_bring_nothing(app, ada, reading):
    cid = make_customer(app, "cid")
    with tenancy.everything():
        chat = add_session(cid)
        recording.close_turn(ask(chat, f"secret {cid.canary}"), Answer("grounded", f"known {cid.canary}"))
        theirs = db.session.scalars(select(Message.id).where(Message.service_id == cid.service_id)).all()
    page = feed.read(Cursor(reading.after, tuple(theirs)))
    assert (texts(page), page.cursor.waits_for) == ([], ())


def write_turns(app, customer, number, left):
    """Ask and answer in a chat of one's own; on the way, give ids to transactions that end in another order."""
    with app.app_context(), tenancy.everything():
        chat = add_session(customer)
        for n in range(N_TURNS):
            recording.close_turn(ask(chat, f"{number}/{n}"), Answer("grounded", f"{number}/{n}!"))
        db.session.remove()
    left.release()


def test_four_writers_at_once_and_a_reader_that_never_rests(app, ada, reading):
    left = threading.Semaphore(0)
    writers = [threading.Thread(target=write_turns, args=(app, ada, n, left)) for n in range(N_WRITERS)]
    for writer in writers:
        writer.start()
    found, cursor, n_left = [], reading, 0
    while True:
        n_left += left.acquire(blocking=False)
        are_done = n_left == N_WRITERS
        page = feed.read(cursor, limit=7)
        db.session.rollback()
        found, cursor = found + texts(page), page.cursor
        if are_done and not page.has_more and not cursor.waits_for:
            break
    for writer in writers:
        writer.join()
    wanted = [f"{w}/{n}{mark}" for w in range(N_WRITERS) for n in range(N_TURNS) for mark in ("", "!")]
    assert sorted(found) == sorted(wanted)


def test_an_id_that_is_committed_late_is_waited_for(app, ada, reading, database_url, monkeypatch):
    """One writer has taken its id and pauses; another takes the next id and commits. (SQLite lets no second one in.)"""
    monkeypatch.setattr(feed, "PATIENCE_S", 0.05)
    chat = add_session(ada)
    ids = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id, "session_id": chat.id}
    with inside(app):
        db.session.add(Message(**ids, type="client", message="late"))
        db.session.flush()
        if database_url:
            with inside(app):
                db.session.add(Message(**ids, type="client", message="early"))
                db.session.commit()
        with app.app_context(), tenancy.use(tenancy.service_scope(ada.service_id)):
            assert len(raw.writers_of("chat_history")) == (1 if database_url else 0)
            assert texts(feed.read(reading)) == []
            db.session.remove()
        db.session.commit()
    assert texts(feed.read(reading)) == (["late", "early"] if database_url else ["late"])
