"""What was stored before redaction was switched on: redacted at an owner's wish, in batches, and receipted."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.history import summary
from app.privacy import holds, redacting, rules
from app.privacy.rules import Rules
from jobs import periodic
from jobs import privacy as jobs
from models import AuditEvent, Chatbot, ChatSession, Message, Redaction, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.privacy.conftest import add_chat, all_rows, chats_of

PRIVATE = "uma.visitor@example.com"


@pytest.fixture
def acme(app):
    customer = make_customer(app, "ada")
    with inside(app):
        rules.keep(db.session.get_one(Chatbot, customer.chatbot_id), Rules(redacts=True))
        db.session.commit()
    return customer


@pytest.fixture
def owner(app, acme):
    return sign_in(app, acme)


def address(customer, rest: str = "") -> str:
    return f"/chatbot/{customer.chatbot_uuid}/privacy{rest}"


def chat_in(app, customer, question: str = f"I am {PRIVATE}", **values) -> int:
    with inside(app):
        chat = add_chat(customer, question=question, **values)
        summary.renew(chat)
        db.session.commit()
        return chat.id


def latest(app, customer) -> Redaction:
    with inside(app):
        found = redacting.find_latest(customer.chatbot_id)
        db.session.expunge(found)
        return found


def work(app) -> None:
    """What the worker does."""
    with app.app_context():
        for redaction_id in redacting.waiting():
            jobs.redact(redaction_id)


def told(app, customer, action: str) -> list[dict]:
    with inside(app):
        found = AuditEvent.service_id == customer.service_id, AuditEvent.action == action
        return [event.changes for event in db.session.scalars(select(AuditEvent).where(*found))]


def test_earlier_messages_are_redacted_wherever_they_lie_and_nothing_else_changes(app, acme, owner):
    with inside(app):
        told = f"Write to help@acme.example, not to {PRIVATE}."
        chat = add_chat(acme, question=f"I am {PRIVATE}", answer=told)
        asked, answer = db.session.scalars(select(Message).where(Message.session_id == chat.id).order_by(Message.id))
        asked.standalone, answer.feedback_comment = f"Who is {PRIVATE}?", f"Tell {PRIVATE}"
        answer.evidence = {"missing": ["uma.visitor", "am"]}
        answer.citations[0].quote = "Write to help@acme.example"
        summary.renew(chat)
        db.session.commit()
        chat_id = chat.id
    other = chat_in(app, acme, "How long is delivery?")
    page = owner.get(address(acme, "/redact"))
    assert "Redact earlier messages?" in page.text
    assert PRIVATE in all_rows(app), "nothing happens before it is confirmed"
    assert owner.post(address(acme, "/redact")).status_code == 302
    assert "0 of 2 chats are looked through" in owner.get(address(acme)).text
    work(app)
    assert "uma.visitor" not in all_rows(app)
    with inside(app):
        asked, answer = db.session.scalars(select(Message).where(Message.session_id == chat_id).order_by(Message.id))
        assert (asked.message, asked.standalone) == ("I am [e-mail]", "Who is [e-mail]?")
        assert answer.message == "Write to help@acme.example, not to [e-mail]."
        assert (answer.feedback_comment, answer.evidence) == ("Tell [e-mail]", {"missing": ["am"]})
        assert db.session.get_one(ChatSession, chat_id).last_question == "I am [e-mail]"
        assert db.session.get_one(ChatSession, other).last_question == "How long is delivery?"
    assert "something was taken out: 1 of 2." in " ".join(owner.get(address(acme)).text.split())


def test_who_asked_and_what_came_of_it_stand_in_the_audit_trail(app, acme, owner):
    chat_in(app, acme)
    owner.post(address(acme, "/redact"))
    work(app)
    assert told(app, acme, "history.redact") == [{"n_sessions": 1}]
    assert told(app, acme, "history.redacted") == [{"n_sessions": 1, "n_changed": 1, "n_held": 0}]


def test_one_that_is_cut_off_goes_on_where_it_stood(app, acme, owner, monkeypatch):
    monkeypatch.setattr(redacting, "BATCH", 2)
    for _ in range(5):
        chat_in(app, acme)
    owner.post(address(acme, "/redact"))
    with inside(app):
        wish = redacting._take(redacting.waiting()[0])
        redacting._redact_some(wish)
        db.session.commit()
    assert (latest(app, acme).n_seen, latest(app, acme).state) == (2, "waiting")
    with app.app_context():
        periodic.go_on_redacting()
    work(app)
    done = latest(app, acme)
    assert (done.state, done.n_seen, done.n_changed) == ("done", 5, 5)
    work(app)
    assert len(told(app, acme, "history.redacted")) == 1, "once is enough"


def test_a_held_chat_is_evidence_and_stays_as_it_is(app, acme, owner):
    chat_id = chat_in(app, acme)
    with inside(app):
        holds.hold(db.session.get_one(ChatSession, chat_id), "A lawsuit", None)
        db.session.commit()
    owner.post(address(acme, "/redact"))
    work(app)
    assert PRIVATE in all_rows(app)
    assert (latest(app, acme).n_changed, latest(app, acme).n_held) == (0, 1)
    assert "1 chat under a legal hold stays as it was." in owner.get(address(acme)).text


def test_only_what_is_redacted_from_now_on_can_be_redacted_before(app, acme, owner):
    with inside(app):
        rules.keep(db.session.get_one(Chatbot, acme.chatbot_id), Rules(redacts=False))
        db.session.commit()
    page = owner.post(address(acme, "/redact"), follow_redirects=True)
    assert "Switch redaction on first" in page.text
    assert "Redact earlier messages" not in owner.get(address(acme)).text


def test_it_is_asked_for_once_at_a_time(app, acme, owner):
    chat_in(app, acme)
    assert owner.post(address(acme, "/redact")).status_code == 302
    assert "already" in owner.post(address(acme, "/redact"), follow_redirects=True).text


def test_only_owners_ask_for_it_and_strangers_find_nothing(app, acme, cid):
    ben = come_in(app, add_person(app, "ben", place=(acme.service_id, acme.workspace_id, "admin")))
    assert ben.post(address(acme, "/redact")).status_code == 403
    assert sign_in(app, cid).post(address(acme, "/redact")).status_code == 404
    with inside(app):
        assert redacting.find_latest(acme.chatbot_id) is None
        assert chats_of(acme) == []
