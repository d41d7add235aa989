"""An owner erases what somebody has said: counted first, confirmed, gone from everywhere, and receipted without a word."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.history import summary
from app.privacy import erasing, erasures, holds
from jobs import periodic
from jobs import privacy as jobs
from models import AuditEvent, Chatbot, ChatSession, Erasure, Submission, db
from models.base import now
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.privacy.conftest import add_chat, add_submission, all_rows, chats_of

UMA = {"id": "customer-4711", "email": "uma@example.com", "name": "Uma"}


@pytest.fixture
def acme(app):
    return make_customer(app, "ada")


@pytest.fixture
def owner(app, acme):
    return sign_in(app, acme)


def address(customer, rest: str = "") -> str:
    return f"/chatbot/{customer.chatbot_uuid}/privacy{rest}"


def chat_in(app, customer, **values) -> str:
    """A chat that is summed up, so that search finds it: its uuid."""
    with inside(app):
        chat = add_chat(customer, **values)
        summary.renew(chat)
        db.session.commit()
        return str(chat.uuid)


def left(app, customer) -> int:
    with inside(app):
        return len(chats_of(customer))


def receipts(app, customer) -> list[dict]:
    with inside(app):
        found = AuditEvent.service_id == customer.service_id, AuditEvent.action == "history.erase"
        return [event.changes for event in db.session.scalars(select(AuditEvent).where(*found).order_by(AuditEvent.id))]


def test_what_would_go_is_shown_and_nothing_goes_before_it_is_confirmed(app, acme, owner):
    chat_in(app, acme, question="My secret is pelican-canary", visitor=UMA)
    chat_in(app, acme, question="Something else")
    page = owner.post(address(acme, "/erase"), data={"kind": "words", "sought": "pelican"})
    assert page.status_code == 200
    assert "1 chat with 2 messages, and 0 submissions" in page.text
    assert "pelican-canary" in page.text
    assert left(app, acme) == 2
    done = owner.post(address(acme, "/erase"), data={"kind": "words", "sought": "pelican", "sure": "1"})
    assert done.status_code == 302
    assert left(app, acme) == 1
    assert "pelican" not in all_rows(app)
    [receipt] = receipts(app, acme)
    assert receipt == {"kind": "words", "n_sessions": 1, "n_messages": 2, "n_submissions": 0}
    assert "A receipt without content" in owner.get(address(acme)).text


def test_what_would_go_is_counted_in_one_query_that_names_the_youngest(app, acme):
    chats = [chat_in(app, acme, question="Where is the pelican?") for _ in range(erasures.N_SAMPLES + 2)]
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    with inside(app):
        bot = db.session.get(Chatbot, acme.chatbot_id)
        held, left = (db.session.get(ChatSession, chat_id) for chat_id in sorted(chats_of(acme))[:2])
        holds.hold(held, "A court asked for it", acme.member_id)
        add_submission(acme, left)
        db.session.commit()
        wish = erasures.Wish("words", "pelican", (bot,))
        event.listen(db.engine, "before_cursor_execute", note)
        found = erasures.preview(wish)
        event.remove(db.engine, "before_cursor_execute", note)
        assert [str(chat.uuid) for chat in found.samples] == chats[: -erasures.N_SAMPLES - 1 : -1]
    assert (found.counts, found.n_held) == (erasing.Counts(len(chats) - 1, 2 * (len(chats) - 1), 1), 1)
    assert sum("chat_history" in statement for statement in statements) == 1


@pytest.mark.parametrize("sought", ["customer-4711", "UMA@example.com"])
def test_a_visitor_is_found_by_what_their_website_has_signed(app, acme, owner, sought):
    chat_in(app, acme, visitor=UMA)
    chat_in(app, acme, visitor={**UMA, "id": "customer-47110", "email": "other@example.com"})
    chat_in(app, acme)
    owner.post(address(acme, "/erase"), data={"kind": "visitor", "sought": sought, "sure": "1"})
    assert left(app, acme) == 2


def test_an_address_in_a_form_takes_form_and_chat_along_and_nobody_elses(app, acme, owner):
    with inside(app):
        add_submission(acme, add_chat(acme), "Uma@Example.com")
        add_submission(acme, None, "uma@example.com")  # its chat is gone already
        add_submission(acme, add_chat(acme), "not-uma@example.com")
        db.session.commit()
    page = owner.post(address(acme, "/erase"), data={"kind": "email", "sought": "uma@example.com"})
    assert "1 chat with 2 messages, and 2 submissions" in page.text
    owner.post(address(acme, "/erase"), data={"kind": "email", "sought": "uma@example.com", "sure": "1"})
    assert left(app, acme) == 1
    with inside(app):
        mine = select(Submission.summary).where(Submission.chatbot_id == acme.chatbot_id)
        assert db.session.scalars(mine).all() == ["not-uma@example.com"]


def test_all_chatbots_of_a_service_are_searched_where_that_is_wanted(app, acme, owner):
    with inside(app):
        second = Chatbot(service_id=acme.service_id, workspace_id=acme.workspace_id, name="Second")
        db.session.add(second)
        db.session.flush()
        chat = add_chat(acme, visitor=UMA)
        elsewhere = ChatSession(service_id=acme.service_id, chatbot_id=second.id, visitor=UMA)
        db.session.add(elsewhere)
        db.session.commit()
        ids = {chat.id, elsewhere.id}
    owner.post(address(acme, "/erase"), data={"kind": "visitor", "sought": UMA["id"], "everywhere": "1", "sure": "1"})
    with inside(app):
        assert not db.session.scalars(select(ChatSession.id).where(ChatSession.id.in_(ids))).all()


def test_a_held_chat_stays_and_the_page_says_so(app, acme, owner):
    with inside(app):
        chat = add_chat(acme, visitor=UMA)
        add_submission(acme, chat, UMA["email"])
        holds.hold(chat, "A court asked for it", acme.member_id)
        db.session.commit()
        uuid = chat.uuid
    page = owner.post(address(acme, "/erase"), data={"kind": "visitor", "sought": UMA["id"]})
    assert "1 chat is under a legal hold and stays" in page.text
    for kind in ("visitor", "email"):
        owner.post(address(acme, "/erase"), data={"kind": kind, "sought": UMA["email"], "sure": "1"})
    assert owner.post(f"/dialogue/{uuid}/erase").status_code != 200
    assert left(app, acme) == 1
    with inside(app):
        assert db.session.scalars(select(Submission).where(Submission.chatbot_id == acme.chatbot_id)).all()


def test_one_chat_is_held_with_a_reason_released_and_erased(app, acme, owner):
    uuid = chat_in(app, acme)
    assert owner.post(f"/dialogue/{uuid}/hold", data={"reason": " "}).status_code == 400
    assert owner.post(f"/dialogue/{uuid}/hold", data={"reason": "Claim 12"}).status_code == 302
    page = owner.get(address(acme)).text
    assert "Claim 12" in page
    assert "by ada" in page
    assert owner.post(f"/dialogue/{uuid}/release").status_code == 302
    assert owner.post(f"/dialogue/{uuid}/erase").status_code == 302
    assert left(app, acme) == 0
    with inside(app):
        mine = select(AuditEvent.action).where(AuditEvent.service_id == acme.service_id).order_by(AuditEvent.id)
        assert db.session.scalars(mine).all()[-3:] == ["history.hold", "history.release", "history.erase"]


def test_much_is_left_to_a_worker_who_goes_on_where_it_was_cut_off(app, acme, owner, monkeypatch):
    monkeypatch.setattr(erasures, "AT_ONCE", 2)
    monkeypatch.setattr(erasing, "BATCH", 2)
    for _ in range(5):
        chat_in(app, acme, visitor=UMA)
    owner.post(address(acme, "/erase"), data={"kind": "visitor", "sought": UMA["id"], "sure": "1"})
    assert left(app, acme) == 5
    assert "Being erased" in owner.get(address(acme)).text
    erase, n_batches = erasing.erase, []

    def cut_off(ids):
        if len(n_batches) == 1:
            raise KeyboardInterrupt
        n_batches.append(ids)
        return erase(ids)

    monkeypatch.setattr(erasing, "erase", cut_off)
    with inside(app):
        [waiting] = [row.id for row in db.session.scalars(select(Erasure)) if row.chatbot_id == acme.chatbot_id]
    with app.app_context(), pytest.raises(KeyboardInterrupt):
        jobs.erase(waiting)
    assert left(app, acme) == 3
    monkeypatch.setattr(erasing, "erase", erase)
    with app.app_context():
        periodic.go_on_erasing()
        jobs.erase(waiting)
        jobs.erase(waiting)  # twice is harmless
    assert left(app, acme) == 0
    [receipt] = receipts(app, acme)
    assert (receipt["n_sessions"], receipt["n_messages"]) == (5, 10)
    with inside(app):
        assert set(db.session.scalars(select(Erasure.sought).where(Erasure.chatbot_id == acme.chatbot_id))) == {None}


def test_a_chat_that_begins_after_the_wish_is_not_meant(app, acme):
    with inside(app):
        wish = erasures.read_wish("visitor", UMA["id"], [db.session.get_one(Chatbot, acme.chatbot_id)])
        [erasure] = erasures.ask(wish)
        db.session.commit()
        add_chat(acme, visitor=UMA, age_days=-1)
        db.session.commit()
        erasures.run(erasure.id)
    assert left(app, acme) == 1


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "visitor", "sought": " "},
        {"kind": "all", "sought": "x"},
        {"kind": "session", "sought": "x"},
        {"kind": "words", "sought": "?!"},
        {"kind": "words", "sought": "x" * 400},
        {"kind": "visitor", "sought": "a\x00b"},
    ],
)
def test_nonsense_is_refused_with_a_sentence_and_erases_nothing(app, acme, owner, data):
    chat_in(app, acme)
    answer = owner.post(address(acme, "/erase"), data={**data, "sure": "1"})
    assert answer.status_code == 400
    assert "field-wrong" in answer.text
    assert left(app, acme) == 1


def test_another_customer_and_who_does_not_own_can_not_erase(app, acme):
    cid = make_customer(app, "cid")
    uuid = chat_in(app, acme, visitor=UMA)
    data = {"kind": "visitor", "sought": UMA["id"], "everywhere": "1", "sure": "1"}
    stranger = sign_in(app, cid)
    assert stranger.post(address(acme, "/erase"), data=data).status_code == 404
    assert stranger.post(f"/dialogue/{uuid}/erase").status_code == 404
    stranger.post(address(cid, "/erase"), data=data)  # at home, by a word of somebody else's
    place = (acme.service_id, acme.workspace_id)
    ben = come_in(app, add_person(app, "ben", place=(*place, "admin")))
    assert ben.get(address(acme)).status_code == 200
    assert ben.post(address(acme, "/erase"), data=data).status_code == 403
    assert ben.post(f"/dialogue/{uuid}/hold", data={"reason": "x"}).status_code == 403
    uma = come_in(app, add_person(app, "uma", place=(*place, "user")))
    assert uma.get(address(acme)).status_code == 403
    assert left(app, acme) == 1


def test_a_service_that_has_stopped_still_erases(app, acme, owner):
    from models import Service, Subscription

    uuid = chat_in(app, acme)
    with inside(app):
        db.session.get_one(Service, acme.service_id).expired_at = now()
        period = db.session.scalars(select(Subscription).where(Subscription.service_id == acme.service_id)).one()
        period.expired_at, period.status = now(), "expired"
        db.session.commit()
    assert owner.post(f"/dialogue/{uuid}/erase").status_code == 302
    assert left(app, acme) == 0
    assert owner.post(address(acme), data={"days": "5"}).status_code == 403


def test_a_chat_s_own_page_leads_to_hold_and_erasure_for_who_may(app, acme, owner):
    uuid = chat_in(app, acme)
    with inside(app):
        chat = db.session.scalars(select(ChatSession).where(ChatSession.uuid == UUID(uuid))).one()
        page = f"/history/{chat.service_id}/{chat.domain.uuid}/{chat.chatbot.uuid}/{uuid}"
    shown = owner.get(page).text
    assert f"/dialogue/{uuid}/hold" in shown
    assert f"/dialogue/{uuid}/erase" in shown
    owner.post(f"/dialogue/{uuid}/hold", data={"reason": "Claim 12"})
    held = owner.get(page).text
    assert "Claim 12" in held
    assert f"/dialogue/{uuid}/release" in held
    assert f"/dialogue/{uuid}/erase" not in held
    ben = come_in(app, add_person(app, "ben", place=(acme.service_id, acme.workspace_id, "admin")))
    assert f"/dialogue/{uuid}/" not in ben.get(page).text
