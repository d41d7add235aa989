"""What becomes of chats when their chatbot or website is deleted: asked, kept for so long, then gone and looked for."""

from __future__ import annotations

import datetime as dt
import io
from uuid import uuid4

import pytest
import sqlalchemy as sa

from app.collaborators import here
from app.history import summary
from app.knowledge import sweep
from app.privacy import erasures, holds, purging
from app.storage import StorageError
from models import AuditEvent, Chatbot, ChatSession, Domain, Erasure, LegalHold, Submission, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.isolation.planting import owned_tables, plant
from tests.privacy.conftest import add_chat, add_submission, chats_of
from tests.staff.conftest import add_person as add_staff


@pytest.fixture
def acme(app, clock):
    customer = make_customer(app, "ada")
    with inside(app):
        add_submission(customer, add_chat(customer))
        db.session.commit()
    return customer


@pytest.fixture
def owner(app, acme):
    return sign_in(app, acme)


def run(app) -> None:
    """What clock and workers do."""
    with app.app_context():
        for erasure_id in erasures.waiting():
            erasures.run(erasure_id)
        for chatbot_id in purging.due_chatbots():
            purging.purge(chatbot_id)


def due(app) -> list[int]:
    with app.app_context():
        return purging.due_chatbots()


def left_below(app, customer) -> set[str]:
    with inside(app):
        tables = [table for table in owned_tables() if "chatbot_id" in table.c]
        mine = {
            table.name: sa.select(sa.func.count()).where(table.c.chatbot_id == customer.chatbot_id) for table in tables
        }
        return {name for name, query in mine.items() if db.session.scalar(query)} - purging.STAYS


def clearings(app, customer) -> list[dict]:
    with inside(app):
        found = AuditEvent.service_id == customer.service_id, AuditEvent.action == "chatbot.clear"
        return [event.changes for event in db.session.scalars(sa.select(AuditEvent).where(*found))]


def test_the_chats_of_a_deleted_chatbot_are_kept_for_the_grace_days_then_all_below_it_goes(app, acme, owner, clock):
    plant(app, acme)
    with inside(app):  # a held chat would stay
        db.session.execute(sa.delete(LegalHold).where(LegalHold.chatbot_id == acme.chatbot_id))
        db.session.commit()
    bystander = make_customer(app, "cid")
    plant(app, bystander)
    before = left_below(app, bystander)
    address = f"/chatbotview/delete/{acme.chatbot_id}"
    assert "can be read until 2 March 2026" in owner.get(address).text
    assert owner.post(address, data={"chats": "keep"}).status_code == 302
    clock.go(days=29)
    run(app)
    assert "chat_sessions" in left_below(app, acme)
    clock.go(days=2)
    run(app)
    assert left_below(app, acme) == set()
    [told] = clearings(app, acme)
    assert told["left"] == {}
    assert told["rows"]["chat_sessions"] >= 1
    run(app)
    assert len(clearings(app, acme)) == 1  # once is enough
    assert acme.chatbot_id not in due(app), "what is known to be gone is not counted again each hour"
    clock.go(days=1, minutes=1)
    assert acme.chatbot_id in due(app), "something may have come late"
    assert left_below(app, bystander) == before


def test_the_chats_of_a_deleted_chatbot_can_be_erased_at_once(app, acme, owner):
    owner.post(f"/chatbotview/delete/{acme.chatbot_id}", data={"chats": "erase"})
    run(app)
    assert left_below(app, acme) == set()
    with inside(app):
        [receipt] = db.session.scalars(sa.select(Erasure).where(Erasure.chatbot_id == acme.chatbot_id))
        assert (receipt.kind, receipt.n_sessions, receipt.n_submissions) == ("all", 1, 1)


def test_who_may_not_erase_is_not_asked_and_can_not(app, acme):
    ben = come_in(app, add_person(app, "ben", place=(acme.service_id, acme.workspace_id, "admin")))
    address = f"/chatbotview/delete/{acme.chatbot_id}"
    assert "Its chats can be read until" in ben.get(address).text
    assert "Erase them at once" not in ben.get(address).text
    ben.post(address, data={"chats": "erase"})
    run(app)
    assert "chat_sessions" in left_below(app, acme)


def test_a_held_chat_outlives_its_chatbot(app, acme, owner, clock):
    with inside(app):
        held = db.session.scalars(sa.select(ChatSession).where(ChatSession.chatbot_id == acme.chatbot_id)).one()
        holds.hold(held, "Claim", acme.member_id)
        add_submission(acme, add_chat(acme))
        db.session.commit()
        held_id = held.id
    owner.post(f"/chatbotview/delete/{acme.chatbot_id}")
    clock.go(days=40)
    run(app)
    with inside(app):
        assert chats_of(acme) == [held_id]
        mine = sa.select(Submission.session_id).where(Submission.chatbot_id == acme.chatbot_id)
        assert db.session.scalars(mine).all() == [held_id]
        assert purging.count_left(acme.chatbot_id) == {}


def test_what_is_left_is_written_down_for_those_who_run_the_installation(app, acme, owner, clock, monkeypatch):
    owner.post(f"/chatbotview/delete/{acme.chatbot_id}")
    clock.go(days=40)
    monkeypatch.setattr(purging, "_delete_all", lambda *_: None)  # as if a lock were never given
    with inside(app):
        add_submission(acme)
        db.session.commit()
    run(app)
    [told] = clearings(app, acme)
    assert told["left"]["form_submissions"] == 1
    sam = come_in(app, add_person(app, "sam", platform_role="Staff"))
    assert "form_submissions" in sam.get("/").text
    monkeypatch.undo()


def test_one_deleted_before_there_was_such_a_day_gets_its_grace_days(app, acme, clock):
    with inside(app):
        db.session.get_one(Chatbot, acme.chatbot_id).status = "deleted"
        db.session.commit()
    run(app)
    with inside(app):
        until = db.session.get_one(Chatbot, acme.chatbot_id).chats_until
    assert until > now()
    assert "chat_sessions" in left_below(app, acme)


@pytest.mark.parametrize(("chats", "stays"), [("keep", 1), ("erase", 0)])
def test_chats_of_a_deleted_website_are_asked_about(app, acme, owner, chats, stays):
    address = f"/domainview/delete/{acme.domain_id}"
    assert "Keep them in the history" in owner.get(address).text
    assert owner.post(address, data={"chats": chats}).status_code == 302
    run(app)
    with inside(app):
        assert db.session.get(Domain, acme.domain_id) is None
        assert len(chats_of(acme)) == stays


def test_words_leave_the_search_index_with_their_chats(app, acme, owner):
    with inside(app):
        summary.renew(add_chat(acme, question="pelikanfeder"))
        db.session.commit()
    owner.post(f"/chatbotview/delete/{acme.chatbot_id}", data={"chats": "erase"})
    run(app)
    with inside(app):
        if db.engine.dialect.name != "sqlite":
            return
        db.session.execute(sa.text("INSERT INTO session_words_fts(session_words_fts) VALUES ('integrity-check')"))
        found = sa.text("SELECT count(*) FROM session_words_fts WHERE session_words_fts MATCH 'pelikanfeder'")
        assert db.session.scalar(found) == 0


def test_files_that_cannot_be_removed_are_shown_to_staff_until_they_are(app, acme, monkeypatch):
    stan = add_staff(app, "Stan", "Staff")
    with inside(app):
        storage, key = here().storage, f"uploads/{acme.service_id}/{uuid4().hex}"
        storage.save(key, io.BytesIO(b"orphan"), max_bytes=100)
    monkeypatch.setattr(sweep, "AGE", dt.timedelta(days=-3650))

    def is_stuck(key: str) -> None:
        raise StorageError(f"{key} is held by another program", "Close it.")

    with monkeypatch.context() as patched, inside(app):
        patched.setattr(storage, "delete_folder", is_stuck)
        sweep.sweep()
    assert key in sign_in(app, stan).get("/").text
    with inside(app):
        sweep.sweep()
    assert key not in sign_in(app, stan).get("/").text
