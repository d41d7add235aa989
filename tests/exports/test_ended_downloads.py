"""A download goes on for minutes: who may not have it any more gets no more of it, and sees that it was cut off."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update

from app.exports import rows
from app.leads import submissions
from models import ChatSession, Member, Service, ServiceKey, ServiceMember, WorkspaceMember, db
from models.base import now
from tests.api.conftest import Program, make_key
from tests.conftest import forget_tries, inside, make_customer
from tests.exports.told_files import tell_of_a_file
from tests.history.chats import say, start
from tests.isolation.conftest import add_person, come_in
from views import list_files, sending


@pytest.fixture(scope="module")
def gil(app):
    forget_tries()
    gil = make_customer(app, "gil")
    with inside(app):
        chats = [start(gil) for _ in range(6)]
        for n, chat in enumerate(chats):
            say(chat, f"Question {n}", "An answer.")
        db.session.commit()
    return gil


@pytest.fixture
def ben(app, gil):
    return add_person(app, "ben", place=(gil.service_id, gil.workspace_id, "admin"))


@pytest.fixture(autouse=True)
def _asked_at_each_block(monkeypatch):
    monkeypatch.setattr(sending, "ASKED_EVERY_S", 0)
    monkeypatch.setattr(rows, "SESSIONS", 1)
    monkeypatch.setattr(sending, "BLOCK", 64)
    monkeypatch.setattr(list_files, "BATCH", 1)


def begin(client, path, method="POST"):
    """Begin to fetch a file: an iterator over its blocks, of which the first has come."""
    answer = client.open(path, method=method, buffered=False)
    assert answer.status_code == 200
    blocks = answer.iter_encoded()
    next(blocks)
    return answer, blocks


def rest_of(blocks):
    return b"".join(blocks)


def csv_of(gil):
    return f"/exports/for/{gil.service_id}/file?per=message&format=csv"


def test_who_stays_gets_all_of_it(app, gil, ben):
    answer, blocks = begin(come_in(app, ben), csv_of(gil))
    assert b"end of export, rows: 12" in rest_of(blocks)
    answer.close()


REMOVALS = {
    "who was removed": lambda ben: delete(WorkspaceMember).where(WorkspaceMember.user_id == ben),
    "who lost the seat": lambda ben: delete(ServiceMember).where(ServiceMember.user_id == ben),
    "who only uses now": lambda ben: update(WorkspaceMember).where(WorkspaceMember.user_id == ben).values(role="user"),
    "whose account was disabled": lambda ben: update(Member).where(Member.id == ben).values(active=False),
}


@pytest.mark.parametrize("removal", REMOVALS)
def test_the_download_of_one_who_may_not_read_any_more_is_cut_off(app, gil, ben, removal):
    answer, blocks = begin(come_in(app, ben), csv_of(gil))
    with inside(app):
        db.session.execute(REMOVALS[removal](ben))
        db.session.commit()
    with pytest.raises(ConnectionResetError):
        rest_of(blocks)
    answer.close()
    again, blocks = begin(come_in(app, gil.member_id), csv_of(gil))
    assert b"end of export" in rest_of(blocks), "its place is free for others"
    again.close()


def test_a_whole_service_is_cut_off_for_one_who_holds_it_no_more(app, gil, ben):
    with inside(app):
        uuid = db.session.get_one(Service, gil.service_id).uuid
    answer, blocks = begin(come_in(app, gil.member_id), f"/service/{uuid}/export")
    seat = ServiceMember.service_id == gil.service_id, ServiceMember.user_id == gil.member_id
    with inside(app):
        db.session.execute(update(ServiceMember).where(*seat).values(role="member"))
        db.session.commit()
    with pytest.raises(ConnectionResetError):
        rest_of(blocks)
    answer.close()
    with inside(app):
        db.session.execute(update(ServiceMember).where(*seat).values(role="holder"))
        db.session.commit()


def test_what_visitors_entered_is_cut_off_too(app, gil, ben):
    with inside(app):
        for chat in db.session.scalars(select(ChatSession).where(ChatSession.service_id == gil.service_id)).all():
            submissions.add(chat, [{"name": "a", "label": "A", "kind": "text", "value": "x"}], None, "Call me")
        db.session.commit()
    answer, blocks = begin(come_in(app, ben), "/submissionview/export.csv")
    with inside(app):
        db.session.execute(REMOVALS["who was removed"](ben))
        db.session.commit()
    with pytest.raises(ConnectionResetError):
        rest_of(blocks)
    answer.close()


def test_a_revoked_key_gets_no_more_of_a_file(app, gil):
    program = Program(app, make_key(app, gil, "read"))
    answer = program.ask("GET", f"exports/{tell_of_a_file(app, gil)}/file", buffered=False)
    blocks = answer.iter_encoded()
    next(blocks)
    with inside(app):
        db.session.execute(update(ServiceKey).where(ServiceKey.service_id == gil.service_id).values(revoked_at=now()))
        db.session.commit()
    with pytest.raises(ConnectionResetError):
        rest_of(blocks)
    answer.close()
