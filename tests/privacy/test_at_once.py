"""Erasing while others read and write: nobody gets an error, nothing old stays, nothing new is lost."""

from __future__ import annotations

import threading
import uuid

import pytest
from sqlalchemy import func, select, text
from sqlalchemy import update as sql_update

from app.history import recording, summary
from app.privacy import erasing, holds, retention
from models import ChatSession, LegalHold, Message, Retention, db, tenancy
from models.base import change
from tests.conftest import inside
from tests.privacy.conftest import add_chat
from tests.widget.conftest import API, ask, open_chat, visitor

N_OLD, N_NEW = 40, 4


class Asker(threading.Thread):
    """Runs something in a thread and keeps what went wrong."""

    def __init__(self, work) -> None:
        super().__init__()
        self.work, self.wrong = work, None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:  # noqa: BLE001 - looked at by the test
            self.wrong = error


def test_chats_go_while_an_owner_reads_and_visitors_write(app, ada, place, owner, monkeypatch):
    monkeypatch.setattr(erasing, "BATCH", 3)
    with inside(app):
        for _ in range(N_OLD):
            summary.renew(add_chat(ada, age_days=100))
        db.session.add(Retention(service_id=ada.service_id, chatbot_id=ada.chatbot_id, days=30))
        db.session.commit()
        addresses = [f"/history/{ada.service_id}/chat/{chat}" for chat in db.session.scalars(select(ChatSession.uuid))]
    seen: list[int] = []

    def delete() -> None:
        with app.app_context():
            retention.delete_outlived(ada.chatbot_id)

    def read() -> None:
        seen.extend(owner.get(address).status_code for address in [f"/history/{ada.service_id}", *addresses[:12]] * 2)

    def write() -> None:
        client = visitor(app)
        headers = open_chat(client, place)
        assert "event: done" in ask(client, headers).text

    at_once = [Asker(delete), Asker(read), *(Asker(write) for _ in range(N_NEW))]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    assert [thread.wrong for thread in at_once if thread.wrong] == []
    assert {*seen} <= {200, 404}
    with inside(app):
        counted = select(func.count(ChatSession.id)).where(ChatSession.chatbot_id == ada.chatbot_id)
        assert db.session.scalar(counted) == N_NEW
        whole = select(func.count(Message.id)).where(Message.finish == "complete", Message.chatbot_id == ada.chatbot_id)
        assert db.session.scalar(whole) == N_NEW


@pytest.mark.parametrize("step", ["asks", "rates", "ends"])
def test_a_chat_that_is_erased_in_that_very_moment_is_over_and_no_error(app, client, place, monkeypatch, step):
    """Between the look at the token and the first write."""
    headers = open_chat(client, place)
    told = ask(client, headers, key="1" * 32).text
    message = told.partition('"message_id": "')[2][:36]
    name = {"asks": "open_turn", "rates": "give_feedback", "ends": "end_session"}[step]
    does = getattr(recording, name)

    def late(chat, *rest, **more):
        with db.engine.begin() as other:  # another process
            other.execute(ChatSession.__table__.delete().where(ChatSession.__table__.c.id == chat.id))
        return does(chat, *rest, **more)

    monkeypatch.setattr(recording, name, late)
    if step == "asks":
        answer = ask(client, headers, key=uuid.uuid4().hex)
    elif step == "rates":
        answer = client.post(f"{API}/messages/{uuid.UUID(message)}/feedback", json={"value": 1}, headers=headers)
    else:
        answer = client.post(f"{API}/chat/end", headers=headers)
    assert answer.status_code in (200, 401, 404), answer.text


def test_a_visitor_who_goes_on_in_the_moment_of_deletion_keeps_the_chat(app, ada, client, place):
    headers = open_chat(client, place)
    with inside(app):
        chat = db.session.scalar(select(ChatSession).order_by(ChatSession.id.desc()).limit(1))
        change(
            sql_update(ChatSession)
            .where(ChatSession.id == chat.id)
            .values(last_message_at=chat.started_at.replace(2020))
        )
        db.session.commit()
        going = retention._older_ones(ada.chatbot_id, 30, 10)
        assert chat.id in going
    ask(client, headers).get_data()
    with inside(app):
        assert erasing.outlive(going, retention._is_older(30)) == 0
        db.session.commit()
    assert len(client.get(f"{API}/chat/messages", headers=headers).json["messages"]) == 2


def waits_for_a_lock() -> bool:
    """Whether somebody waits in the database; SQLite tells nobody, and whoever comes second waits before looking."""
    if db.engine.dialect.name != "postgresql":
        return True
    with db.engine.connect() as other:
        return bool(other.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.mark.parametrize("deletes", ["erase", "outlive"])
def test_a_chat_that_is_held_in_the_moment_of_deletion_stays(app, ada, deletes):
    with inside(app):
        chat_id = add_chat(ada, age_days=100).id
        db.session.commit()
        holds.hold(db.session.get_one(ChatSession, chat_id), "A court wants it.", None)

        def delete() -> None:
            with app.app_context(), tenancy.everything():
                erasing.erase([chat_id]) if deletes == "erase" else erasing.outlive([chat_id], retention._is_older(30))
                db.session.commit()

        other = Asker(delete)
        other.start()
        while not waits_for_a_lock():
            assert other.is_alive(), "it did not wait for the hold"
        db.session.commit()
        other.join()
        assert other.wrong is None
        assert db.session.scalar(select(func.count(LegalHold.id)).where(LegalHold.session_id == chat_id)) == 1
