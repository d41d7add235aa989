"""Webhooks: what happens is noted with it, told signed, tried again, and given up with a mail after days."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re

import pytest
from sqlalchemy import delete, func, select, update

from app.collaborators import here
from app.history import recording
from app.knowledge import claims, ingest, reconcile, sources
from app.webhooks import events, owning, sending
from models import AuditEvent, Chatbot, Delivery, Message, Source, Webhook, db
from models.base import now
from models.webhooks import EVENTS, EXPORTED, TEST
from tests.conftest import inside
from tests.webhooks.happening import ask_and_answer, deliver_all, told

OUTCOMES = ("delivered", "refused", "unreachable", "given_up")


@pytest.fixture
def hook(app, ada, owner, receiver):
    """The address of the page, and of a webhook that is told of everything."""
    with inside(app):
        db.session.execute(delete(Webhook))
        db.session.commit()
    page = f"/chatbot/{ada.chatbot_uuid}/webhooks"
    added = owner.post(page, data={"url": f"http://127.0.0.1:{receiver.server_port}/hook", "event": list(EVENTS)})
    assert added.status_code == 302
    with inside(app):
        return page, f"/webhooks/{db.session.scalars(select(Webhook.uuid)).one()}"


def test_a_first_question_and_a_refused_answer_are_told(app, hook, receiver, chat):
    ask_and_answer(app, chat, "Do you ship to Mars?")
    ask_and_answer(app, chat, "And when do you open?", text="At nine.", state="grounded")
    first, refused = told(app, receiver)
    assert (first["version"], first["event"], first["question"]) == (1, "session", "Do you ship to Mars?")
    assert first["page"] == refused["page"] == "https://shop.example/cart"
    assert (refused["event"], refused["question"], refused["answer"]) == (
        "refused",
        "Do you ship to Mars?",
        "That stands nowhere.",
    )
    assert first["session"] == refused["session"]
    assert told(app, receiver) == [first, refused], "each is told once"


def test_what_a_member_asks_in_the_preview_is_told_to_nobody(app, ada, hook, receiver):
    from app.domains import embeds

    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        preview, _ = recording.start_session(embeds.preview_embed(chatbot), "http://localhost", "/")
        db.session.commit()
        preview_id = preview.id
    ask_and_answer(app, preview_id, "Do you ship to Mars?")
    assert told(app, receiver) == []


def test_what_is_erased_before_it_is_told_is_told_to_nobody(app, hook, receiver, chat):
    ask_and_answer(app, chat, "My number is 555")
    with inside(app):
        db.session.execute(delete(Message).where(Message.session_id == chat))
        db.session.commit()
    assert told(app, receiver) == []


def test_a_failed_source_is_told(app, ada, hook, receiver):
    with inside(app):
        source = sources.add_url(db.session.get(Chatbot, ada.chatbot_id), "https://www.example.com/gone")
        db.session.commit()
        claim = claims.take(source.id)
        ingest._fail(claim, "fetch_failed", "The website answered with status 410.")
    [failed] = told(app, receiver)
    assert (failed["event"], failed["title"], failed["error_code"]) == (
        "source_failed",
        "https://www.example.com/gone",
        "fetch_failed",
    )


def test_a_source_that_is_given_up_is_told(app, ada, hook, receiver):
    with inside(app):
        source = sources.add_url(db.session.get(Chatbot, ada.chatbot_id), "https://www.example.com/stuck")
        source.attempts, source.heartbeat_at = claims.MAX_ATTEMPTS, now() - dt.timedelta(days=1)
        db.session.commit()
        reconcile.give_up_hopeless()
    assert [row["event"] for row in told(app, receiver)] == ["source_failed"]


def test_a_finished_training_is_told(app, ada, hook, receiver):
    from app.knowledge import texts
    from jobs import training

    with inside(app):
        db.session.execute(update(Source).values(deleted_at=now()))
        source = texts.add(db.session.get(Chatbot, ada.chatbot_id), "Opening hours", "We open at nine in the morning.")
        db.session.commit()
        source_id = source.id
    with app.app_context():
        training.ingest_source(source_id)
        training.publish_chatbot(ada.chatbot_id)
    [trained] = told(app, receiver)
    assert (trained["event"], trained["n_documents"]) == ("trained", 1)
    assert trained["n_chunks"] >= 1
    assert trained["knowledge_version"] >= 1


def test_an_address_is_told_of_what_was_ticked_alone(app, hook, owner, receiver, chat):
    _, one = hook
    assert owner.post(f"{one}/events", data={"event": ["refused", "nonsense"]}).status_code == 302
    ask_and_answer(app, chat, "Do you ship to Mars?")
    assert [row["event"] for row in told(app, receiver)] == ["refused"]
    assert owner.post(f"{one}/events", data={}).status_code == 303, "nothing is no choice"


def signatures(headers):
    return re.findall(r"v1=(\w+)", headers["Docent-Signature"])


def expected(secret, headers, body):
    moment = re.match(r"t=(\d+)", headers["Docent-Signature"])[1]
    return hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def secret_of(app):
    with inside(app):
        return owning.secrets_of(db.session.scalars(select(Webhook)).one())[0]


def test_a_new_secret_signs_beside_the_one_before_for_a_day(app, hook, owner, receiver):
    page, one = hook
    old = secret_of(app)
    owner.post(f"{one}/renew")
    new = secret_of(app)
    assert old != new
    assert new in owner.get(page).text
    owner.post(f"{one}/test")
    [body] = told(app, receiver)
    assert (body["version"], body["event"]) == (1, "test")
    headers, _, raw = receiver.got[0]
    assert signatures(headers) == [expected(new, headers, raw), expected(old, headers, raw)]
    with inside(app):
        db.session.execute(update(Webhook).values(secret_before_until=now()))
        db.session.commit()
    owner.post(f"{one}/test")
    told(app, receiver)
    headers, _, raw = receiver.got[1]
    assert signatures(headers) == [expected(new, headers, raw)]


def test_what_failed_is_listed_and_sent_again(app, hook, owner, receiver):
    page, one = hook
    owner.post(f"{one}/test")
    receiver.answers = [500]
    deliver_all(app)
    assert "The address answered with status 500." in owner.get(page).text
    deliver_all(app)
    assert "answered with 200" in owner.get(page).text
    again = re.search(r"/webhooks/deliveries/[\w-]+/again", owner.get(page).text)[0]
    owner.post(again)
    deliver_all(app)
    assert len(receiver.got) == 3
    assert len({headers["Docent-Delivery"] for headers, _, _ in receiver.got}) == 1


def test_an_address_that_fails_for_days_is_switched_off_with_a_mail(app, ada, hook, owner, receiver):
    page, one = hook
    owner.post(f"{one}/test")
    receiver.answers = [500, 500, 500]
    deliver_all(app)
    with inside(app):
        webhook = db.session.scalars(select(Webhook)).one()
        assert webhook.failing_since is not None
        assert webhook.status == "active"
        webhook.failing_since = now() - sending.OFF_AFTER
        db.session.commit()
    deliver_all(app)
    with inside(app):
        assert db.session.scalars(select(Webhook)).one().status == "inactive"
    [mail] = (app.extensions["docent"].config.data_dir / "mail").glob("*.eml")
    assert "The address answered with status 500." in mail.read_text()
    assert ada.email in mail.read_text()
    deliver_all(app)
    assert len(receiver.got) == 2, "nothing is sent to it any more"
    assert "The webhook is switched off." in owner.get(page).text
    owner.post(f"{one}/switch")
    with inside(app):
        webhook = db.session.scalars(select(Webhook)).one()
        assert (webhook.status, webhook.failing_since) == ("active", None)


def test_a_success_ends_the_failing(app, hook, owner, receiver):
    _, one = hook
    owner.post(f"{one}/test")
    receiver.answers = [500]
    deliver_all(app)
    deliver_all(app)
    with inside(app):
        assert db.session.scalars(select(Webhook)).one().failing_since is None


def test_tries_are_counted_by_what_became_of_them(app, hook, receiver, chat, owner):
    def counted():
        with app.app_context():
            tally = here().tally  # which is sent to Redis for all processes: tests/probes
            tally.add(sums := tally.take())
        return {outcome: sums.get(("docent_deliveries", "", outcome), 0) for outcome in OUTCOMES}

    before = counted()
    receiver.answers = [500]
    ask_and_answer(app, chat, "Do you ship to Mars?")
    deliver_all(app)  # of two, one is refused
    deliver_all(app)
    with inside(app):
        db.session.execute(update(Webhook).values(url="http://127.0.0.1:9/"))
        db.session.commit()
    ask_and_answer(app, chat, "And to Venus?")
    deliver_all(app)
    with inside(app):
        db.session.execute(update(Webhook).values(status="inactive"))
        db.session.commit()
    deliver_all(app)
    grown = {outcome: n - before[outcome] for outcome, n in counted().items()}
    assert grown == {"delivered": 2, "refused": 1, "unreachable": 1, "given_up": 1}


def test_every_event_has_words_and_something_to_tell():
    from app.webhooks import payloads

    assert set(events.WORDS) == set(EVENTS)
    assert set(payloads._TELL) == {*EVENTS, EXPORTED, TEST}


def test_secrets_stand_in_no_audit_row(app, hook, owner):
    _, one = hook
    before = secret_of(app)
    owner.post(f"{one}/renew")
    with inside(app):
        trail = str([event.changes for event in db.session.scalars(select(AuditEvent))])
        assert "sealed" not in trail
        assert before not in trail
        assert secret_of(app) not in trail


def test_what_was_delivered_a_month_ago_is_forgotten(app, hook, owner, monkeypatch):
    monkeypatch.setattr(sending, "FORGOTTEN", 1)
    for _ in range(3):
        owner.post(f"{hook[1]}/test")
    with inside(app):
        old = db.session.scalars(select(Delivery.id).order_by(Delivery.id)).all()[:2]
        long_ago = now() - dt.timedelta(days=sending.KEPT_DAYS, hours=1)
        db.session.execute(update(Delivery).where(Delivery.id.in_(old)).values(created_at=long_ago))
        db.session.commit()
        assert sending.forget_old() == 2
        assert db.session.scalar(select(func.count(Delivery.id))) == 1
