"""Exports that are prepared: whole or not offered, killed at any moment, for one member and for a day."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from sqlalchemy import select, update

from app import mail
from app.collaborators import here
from app.exports import formats, preparing, rows, schedules, writing
from app.exports.preparing import FOLDER, ExportRefused
from app.exports.rows import Wanted
from app.exports.schedules import Rhythm
from app.exports.writing import MAX_TRIES
from app.history import feed
from app.history.filters import Filter
from app.mail.kept import KeptMail
from app.storage import StorageError
from models import Export, ExportSchedule, Member, Message, WorkspaceMember, db
from models.base import now
from tests.conftest import inside, make_customer
from tests.history.chats import BEGIN, say, start
from tests.isolation.conftest import add_person


@pytest.fixture(scope="module")
def gil(app):
    """A customer with ten chats."""
    gil = make_customer(app, "gil")
    with inside(app):
        for number in range(10):
            say(start(gil, at=BEGIN + dt.timedelta(minutes=number)), f"question {number}", f"answer {number}")
    return gil


@pytest.fixture
def ordered(app, gil):
    """An export of Gil's that waits for a writer."""
    with inside(app):
        yield order(gil)
        db.session.rollback()
        for export in db.session.scalars(select(Export).where(Export.member_id == gil.member_id)):
            preparing.remove(export)
        db.session.commit()
        for key in stored():  # left by writers that were killed
            here().storage.delete(key)


def order(customer, member_id=None, **asked):
    member = db.session.get(Member, member_id or customer.member_id)
    wanted = Wanted(Filter(service_id=customer.service_id, **asked), columns=("message",))
    export = preparing.order(member, customer.service_id, wanted, "csv", 20)
    db.session.commit()
    return export


def content_of(export):
    with here().storage.open(export.place) as file:
        return file.read().decode("utf-8-sig")


def stored():
    return [key for key, _ in here().storage.list_files(FOLDER)]


def again(export):
    db.session.rollback()
    return db.session.get_one(Export, export.id, populate_existing=True)


def mails_to(member) -> list[KeptMail]:
    return [kept for kept in mail.kept_mails() if kept.to == member.email]


def test_it_is_written_offered_for_a_day_and_told_by_mail(gil, ordered):
    n_mails = len(mails_to(gil))
    assert preparing.due() == [ordered.id]
    writing.write(ordered.id)
    export = again(ordered)
    lines = content_of(export).splitlines()
    assert (lines[0], lines[1], lines[-1]) == ('"message"', '"question 0"', '"end of export, rows: 20"')
    assert (export.state, export.n_rows, export.size_bytes) == ("ready", 20, len(content_of(export).encode()) + 3)
    assert dt.timedelta(hours=23) < export.expires_at - now() <= dt.timedelta(hours=24)
    assert export.workspace_ids == [gil.workspace_id]
    assert len(mails_to(gil)) == n_mails + 1
    assert preparing.due() == []
    writing.write(ordered.id)  # once more by a job that comes late: it is done
    assert again(ordered).fence == 1


class Killed(BaseException):
    """What ends a process on the spot: nothing of ours catches it."""


@pytest.mark.parametrize("line", ["_claim", "_batches", "_beat", "_finish", "_tell"])
def test_one_that_is_killed_is_followed_by_another_and_nothing_half_is_offered(ordered, monkeypatch, line):
    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, line, die)
        with pytest.raises(Killed):
            writing.write(ordered.id)
    export = again(ordered)
    assert not export.is_offered
    writing.let_go(ordered.id)
    assert preparing.due() == [ordered.id]
    writing.write(ordered.id)
    export = again(ordered)
    assert export.is_offered
    assert content_of(export).splitlines()[-1] == '"end of export, rows: 20"'


def test_one_that_falls_silent_is_taken_up_and_the_one_that_comes_back_stops(ordered, monkeypatch):
    """A writer is held up for two minutes; another writes it; the first finds itself replaced."""
    monkeypatch.setattr(rows, "SESSIONS", 2)
    monkeypatch.setattr(writing, "BEAT_S", 0)
    beat, fences = writing._beat, []

    def pause(writer):
        beat(writer)
        if writer.fence == 1 and not fences:
            fences.append(1)
            db.session.execute(
                update(Export).where(Export.id == ordered.id).values(heartbeat_at=now() - dt.timedelta(minutes=2))
            )
            db.session.commit()
            writing.write(ordered.id)

    monkeypatch.setattr(writing, "_beat", pause)
    writing.write(ordered.id)
    export = again(ordered)
    assert (export.state, export.fence, export.n_rows) == ("ready", 2, 20)
    assert stored() == [export.place]


def test_one_that_keeps_being_killed_fails_in_words(ordered, monkeypatch):
    for _ in range(MAX_TRIES):
        assert writing._claim(ordered.id)
        writing.let_go(ordered.id)
    writing.write(ordered.id)
    export = again(ordered)
    assert (export.state, stored()) == ("failed", [])
    assert "cut off three times" in export.error
    assert preparing.due() == []


@pytest.mark.parametrize(
    ("error", "words"),
    [(StorageError("storage", "The disk is full."), "The disk is full."), (ValueError("x"), "on our side")],
)
def test_what_goes_wrong_is_said_in_words(ordered, monkeypatch, error, words):
    def fail(*_args):
        raise error

    monkeypatch.setattr(writing, "_batches", fail)
    writing.write(ordered.id)
    export = again(ordered)
    assert export.state == "failed"
    assert words in export.error


def test_one_that_is_removed_while_it_is_written_leaves_nothing(ordered, monkeypatch):
    monkeypatch.setattr(writing, "BEAT_S", 0)
    monkeypatch.setattr(rows, "SESSIONS", 2)
    beat = writing._beat

    def remove(writer):
        export = db.session.get(Export, ordered.id)
        if export is not None:
            preparing.remove(export)
            db.session.commit()
        beat(writer)

    monkeypatch.setattr(writing, "_beat", remove)
    writing.write(ordered.id)
    assert db.session.get(Export, ordered.id) is None
    assert stored() == []


def test_who_lost_the_right_gets_a_sentence_and_no_file(app, gil):
    with inside(app):
        ben = add_person(app, "ben", place=(gil.service_id, gil.workspace_id, "admin"))
        export = order(gil, ben)
        db.session.execute(update(WorkspaceMember).where(WorkspaceMember.user_id == ben).values(role="user"))
        db.session.commit()
        writing.write(export.id)
        assert "may not read" in again(export).error


def test_a_member_waits_for_three_at_most(app, gil, ordered):
    order(gil)
    order(gil)
    with pytest.raises(ExportRefused, match="are being prepared"):
        order(gil)


def test_its_file_goes_after_a_day_and_files_without_a_row_too(ordered, monkeypatch):
    writing.write(ordered.id)
    key = again(ordered).place
    assert preparing.tidy() == 0
    db.session.execute(update(Export).where(Export.id == ordered.id).values(expires_at=now()))
    db.session.commit()
    assert preparing.tidy() == 1
    export = again(ordered)
    assert (export.state, export.is_offered) == ("expired", False)
    assert not here().storage.exists(key)
    here().storage.save(
        export.place.replace("-1.csv", "-7.csv"), writing._as_file(iter([b"left by one that was killed"])), 100
    )
    assert preparing.tidy() == 0
    monkeypatch.setattr(preparing, "_ORPHANED", dt.timedelta(seconds=-5))
    assert preparing.tidy() == 1
    assert stored() == []


@pytest.fixture
def scheduled(app, gil):
    """A schedule of Gil's that begins now, and is due."""
    with inside(app):
        member = db.session.get(Member, gil.member_id)
        wanted = Wanted(Filter(service_id=gil.service_id), columns=("message",))
        schedule = schedules.add(member, gil.service_id, wanted, Rhythm("daily", "csv"))
        db.session.commit()
        yield schedule
        db.session.rollback()
        schedules.remove(db.session.get_one(ExportSchedule, schedule.id))
        db.session.commit()


def come(schedule):
    """Let its time come: the texts of the file that is made, None where there is none."""
    db.session.execute(update(ExportSchedule).where(ExportSchedule.id == schedule.id).values(due_at=now()))
    db.session.commit()
    for export_id in schedules.take_due():
        writing.write(export_id)
        export = db.session.get(Export, export_id, populate_existing=True)
        if export is not None and export.state == "ready":
            return [line.strip('"') for line in content_of(export).splitlines()[1:-1]]
    return None


def test_a_schedule_brings_what_is_new_and_each_message_once(gil, scheduled):
    assert come(scheduled) is None
    chat = start(gil)
    turn = say(chat, "new?", "Yes.")
    db.session.execute(update(Message).where(Message.id == turn.id).values(finish="pending", timestamp=now()))
    db.session.commit()
    assert come(scheduled) == ["new?"]
    assert come(scheduled) is None
    db.session.execute(update(Message).where(Message.id == turn.id).values(finish="complete"))
    db.session.commit()
    say(chat, "newer?", "Too.")
    assert come(scheduled) == ["Yes.", "newer?", "Too."]


def test_a_schedule_that_cannot_tell_what_is_new_does_not_begin_with_all_that_is_old(app, gil, monkeypatch):
    monkeypatch.setattr(feed, "wait_for_writers", lambda *_: False)
    with inside(app):
        member, wanted = db.session.get(Member, gil.member_id), Wanted(Filter(service_id=gil.service_id))
        with pytest.raises(ExportRefused, match="Try again in a minute"):
            schedules.add(member, gil.service_id, wanted, Rhythm("daily", "csv"))


def test_a_file_that_failed_is_made_up_for_by_the_next(gil, scheduled, monkeypatch):
    say(start(gil), "lost?", "No.")

    def die(*_args):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(writing, "_move_on", die)
        with pytest.raises(Killed):
            come(scheduled)
    db.session.rollback()
    for export in db.session.scalars(select(Export).where(Export.schedule_id == scheduled.id)):
        preparing.remove(export)
    db.session.commit()
    assert come(scheduled) == ["lost?", "No."]


def test_only_one_file_of_a_schedule_is_made_at_a_time(scheduled):
    db.session.execute(update(ExportSchedule).values(due_at=now()))
    db.session.commit()
    first = schedules.take_due()
    db.session.execute(update(ExportSchedule).values(due_at=now()))
    db.session.commit()
    assert (len(first), schedules.take_due()) == (1, [])


def test_a_schedule_of_somebody_who_left_pauses_and_says_so(app, gil):
    with inside(app):
        ben = add_person(app, "ben", place=(gil.service_id, gil.workspace_id, "admin"))
        wanted = Wanted(Filter(service_id=gil.service_id), columns=("message",))
        schedule = schedules.add(db.session.get(Member, ben), gil.service_id, wanted, Rhythm("weekly", "csv"))
        db.session.execute(update(WorkspaceMember).where(WorkspaceMember.user_id == ben).values(role="user"))
        db.session.commit()
        say(start(gil), "for nobody", "No.")
        assert come(schedule) is None
        schedule = db.session.get_one(ExportSchedule, schedule.id, populate_existing=True)
        assert schedule.status == "paused"
        assert "may not read" in schedule.error


def test_of_two_writers_in_one_moment_one_writes(app, gil, ordered):
    export_id, taken, gate = ordered.id, [], threading.Barrier(2)
    db.session.rollback()

    def claim():
        with inside(app):
            gate.wait(30)
            taken.append(writing._claim(export_id) is not None)

    writers = [threading.Thread(target=claim) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(taken) == [False, True]


def test_every_format_can_be_prepared(app, gil):
    with inside(app):
        for name in formats.FORMATS:
            member = db.session.get(Member, gil.member_id)
            export = preparing.order(
                member, gil.service_id, Wanted(Filter(service_id=gil.service_id), "session"), name, 1
            )
            db.session.commit()
            writing.write(export.id)
            assert again(export).is_offered, name
