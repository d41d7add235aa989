"""Questions and answers: counted once, one at a time, kept when repeated, given back when they fail, stopped in time."""

from __future__ import annotations

import datetime as dt
import socket
import threading
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import delete, func, select

from app import answering
from app.answering import budgets
from app.answering.answer import GROUNDED, Answer
from app.history import recording
from models import Chatbot, ChatSession, Message, ModelPrice, Subscription, UsageCounter, db
from models.base import now
from tests.conftest import forget_tries, inside
from tests.waiting import PATIENCE_S, wait_until
from tests.widget.conftest import API, QUESTION, ask, changed, events_of, open_chat, visitor
from tests.widget.slow_model import slow_model
from widget import speaker, turns


def used(app, place) -> int:
    with inside(app):
        query = select(func.sum(UsageCounter.count)).where(UsageCounter.service_id == place.service_id)
        return db.session.scalar(query.where(UsageCounter.metric == "messages_per_month")) or 0


def stored(app, message_uuid: str) -> tuple:
    with inside(app):
        row = db.session.scalars(select(Message).where(Message.uuid == uuid.UUID(message_uuid))).one()
        return row.message, row.state, row.finish


class Slow:
    """An answer that speaks one word, and goes on when it is told to; it notices when it is stopped."""

    def __init__(self, ending=None):
        self.began, self.go_on, self.stopped = threading.Event(), threading.Event(), threading.Event()
        self.ending = ending or [("answer", Answer(GROUNDED, "One two."))]

    def __call__(self, _chatbot, _question, _turns=(), _trace=None):
        try:
            yield "status", "answering"
            db.session.rollback()
            yield "delta", "One "
            self.began.set()
            assert self.go_on.wait(20)
            yield "delta", "two."
            for event in self.ending:
                if isinstance(event, Exception):
                    raise event
                yield event
        except GeneratorExit:
            self.stopped.set()
            raise


@pytest.fixture(autouse=True)
def _rested():
    """All visitors of the service together may ask only so much in a minute; what other tests asked does not count."""
    forget_tries()


@pytest.fixture
def slow(monkeypatch):
    made = Slow()
    monkeypatch.setattr(answering, "stream", made)
    yield made
    made.go_on.set()


def listen(response, until: str) -> str:
    """Read a stream up to an event."""
    said = ""
    for part in response.response:
        said += part if isinstance(part, str) else part.decode()
        if until in said:
            return said
    raise AssertionError(said)


def test_an_answer_is_stored_as_it_was_streamed(app, client, place):
    headers = open_chat(client, place)
    response = ask(client, headers)
    assert response.headers["Cache-Control"] == "no-cache, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"
    events = events_of(response)
    names = [name for name, _ in events]
    assert (names[0], names[-2:]) == ("meta", ["sources", "done"])
    facts = dict(events)
    assert facts["sources"]["sources"][0]["n"] == 1
    assert "forty-five days" in facts["sources"]["sources"][0]["quote"]
    shown = "".join(data["text"] for name, data in events if name == "delta").strip()
    assert stored(app, facts["meta"]["message_id"]) == (shown, "grounded", "complete")


def test_a_repeated_key_replays_the_answer_and_is_counted_once(app, client, place):
    headers, before = open_chat(client, place), used(app, place)
    first, again = (events_of(ask(client, headers, key="one")) for _ in range(2))
    assert dict(again)["done"] == {**dict(first)["done"], "finish": "replay"}
    assert dict(again)["sources"] == dict(first)["sources"]
    assert used(app, place) == before + 1


def test_one_answer_at_a_time_whatever_the_key(app, client, place, slow):
    headers, before = open_chat(client, place), used(app, place)
    running = ask(client, headers, key="one")
    listen(running, "One ")
    for key in ("one", "two"):
        refused = ask(visitor(app), headers, key=key)
        assert (refused.status_code, refused.json["error"]["code"]) == (409, "in_progress")
        assert refused.headers["Retry-After"] == "1"
    elsewhere = ask(visitor(app), open_chat(visitor(app), place))
    assert elsewhere.status_code == 200
    slow.go_on.set()
    assert "done" in listen(running, "event: done")
    listen(elsewhere, "event: done")
    assert used(app, place) == before + 2
    assert dict(events_of(ask(client, headers, key="two")))["done"]["state"] == "grounded"


def left_behind(app, key: str) -> None:
    """Let a pending answer look as if nobody had been at it for a while."""
    with inside(app):
        long_ago = now() - dt.timedelta(seconds=recording.ANSWER_PATIENCE_S + 1)
        row = db.session.scalars(select(Message).where(Message.idempotency_key == key, Message.type == "bot")).one()
        row.timestamp = long_ago
        db.session.commit()


def test_an_answer_that_a_killed_server_left_behind_is_waited_for_only_so_long(app, client, place, slow):
    headers = open_chat(client, place)
    key = uuid.uuid4().hex
    running = ask(client, headers, key=key)
    listen(running, "One ")
    left_behind(app, key)
    slow.go_on.set()
    again = ask(visitor(app), headers, key=key)  # the same question, counted once
    assert dict(events_of(again))["done"]["state"] == "grounded"


def test_an_answer_that_takes_long_shows_that_somebody_is_at_it(app, client, place, slow, monkeypatch):
    monkeypatch.setattr(turns, "BEAT_S", 0.0)
    monkeypatch.setattr(turns, "HEARTBEAT_S", 0.0)
    headers = open_chat(client, place)
    key = uuid.uuid4().hex
    running = ask(client, headers, key=key)
    listen(running, "One ")
    left_behind(app, key)
    listen(running, "still here")  # one more turn of the stream, and a beat
    listen(running, "still here")
    assert ask(visitor(app), headers, key="another").status_code == 409
    slow.go_on.set()
    listen(running, "event: done")


def test_two_questions_in_the_same_moment_are_told_apart(app, place, slow):
    headers = open_chat(visitor(app), place)
    start, outcomes = threading.Barrier(4), []

    def go(key: str) -> None:
        start.wait()
        response = ask(visitor(app), headers, key=key)
        outcomes.append(response.status_code)
        if response.status_code == 200:
            slow.go_on.set()
            listen(response, "event: done")

    threads = [threading.Thread(target=go, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert min(outcomes) == 200
    with inside(app):
        answers = select(func.count(Message.id)).where(Message.type == "bot").group_by(Message.session_id)
        newest = db.session.scalar(answers.order_by(Message.session_id.desc()).limit(1))
    assert newest == outcomes.count(200)


def test_an_answer_that_breaks_is_given_back_and_may_be_tried_again(app, client, place, monkeypatch):
    headers, before = open_chat(client, place), used(app, place)
    broken = Slow([ValueError("the disk is gone")])
    broken.go_on.set()
    with monkeypatch.context() as patch:
        patch.setattr(answering, "stream", broken)
        events = events_of(ask(client, headers, key="one"))
    assert events[-1][0] == "error"
    assert events[-1][1]["code"] == "provider_error"
    assert "disk" not in str(events)
    wait_until(lambda: used(app, place) == before)
    assert stored(app, dict(events)["meta"]["message_id"])[1:] == ("error", "stopped")
    again = dict(events_of(ask(client, headers, key="one")))
    assert again["done"]["state"] == "grounded"
    assert used(app, place) == before + 1


def test_a_visitor_who_leaves_stops_the_answer_and_what_they_saw_is_kept(app, client, place, slow):
    response = ask(client, open_chat(client, place), key="one")
    message = listen(response, "One ").split('"message_id": "')[1].split('"')[0]
    response.close()
    assert stored(app, message) == ("One ", None, "stopped")
    slow.go_on.set()
    assert slow.stopped.wait(PATIENCE_S)
    assert stored(app, message) == ("One ", None, "stopped")


def test_a_stream_that_nobody_began_to_read_is_stopped_too(app, client, place, slow):
    headers = open_chat(client, place)
    ask(client, headers, key="one").close()
    slow.go_on.set()
    wait_until(lambda: ask(client, headers, key="two").status_code == 200)


def test_a_silent_stream_says_that_it_lives(app, client, place, slow, monkeypatch):
    monkeypatch.setattr(turns, "HEARTBEAT_S", 0.05)
    monkeypatch.setattr(turns, "LOOK_S", 0.02)
    response = ask(client, open_chat(client, place))
    assert ": still here\n\n" in listen(response, ": still here\n\n")
    slow.go_on.set()
    listen(response, "event: done")


def test_a_silent_stream_notices_that_its_visitor_hung_up():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not turns._is_gone(ours)
        theirs.send(b"GET")
        assert not turns._is_gone(ours)  # something to read is no farewell
        ours.recv(3)
        theirs.close()
        assert turns._is_gone(ours)
    assert not turns._is_gone(ours)  # closed: it can't be told
    assert not turns._is_gone(None)


def test_no_database_connection_is_held_while_words_are_coming(app, place, monkeypatch):
    collaborators = app.extensions["docent"]
    with slow_model() as model:
        address = f"http://127.0.0.1:{model.server_port}/v1"
        monkeypatch.setattr(collaborators, "config", replace(collaborators.config, openai_base_url=address))
        running = [ask(visitor(app), open_chat(visitor(app), place)) for _ in range(10)]
        for response in running:
            assert model.began.acquire(timeout=PATIENCE_S)
            listen(response, "PDF files")
        with app.app_context():
            assert db.engine.pool.checkedout() == 0
        model.go_on.set()
        for response in running:
            listen(response, "event: done")


def test_what_a_visitor_cuts_off_is_estimated_and_counted_in_budgets(app, client, place, monkeypatch):
    collaborators = app.extensions["docent"]
    with inside(app):
        model = collaborators.config.chat_model
        db.session.add(ModelPrice(model=model, valid_from=dt.date(2020, 1, 1), input_price=10**9, output_price=10**9))
        db.session.commit()
        before = budgets.spent(place.service_id)
    with slow_model() as model:
        address = f"http://127.0.0.1:{model.server_port}/v1"
        monkeypatch.setattr(collaborators, "config", replace(collaborators.config, openai_base_url=address))
        response = ask(client, open_chat(client, place))
        message = listen(response, "PDF files").split('"message_id": "')[1].split('"')[0]
        response.close()
        model.go_on.set()
    with inside(app):
        row = db.session.scalars(select(Message).where(Message.uuid == uuid.UUID(message))).one()
        assert row.finish == "stopped"
        assert row.evidence["tokens_estimated"]
        assert row.tokens_in > 100 > row.tokens_out > 5
        assert row.cost == (row.tokens_in + row.tokens_out) * 1000 == budgets.spent(place.service_id) - before
        db.session.execute(delete(ModelPrice))
        db.session.commit()


def test_a_process_with_no_thread_to_spare_says_so(app, client, place, slow, monkeypatch):
    monkeypatch.setitem(app.extensions, speaker.PLACES, threading.BoundedSemaphore(1))
    first = ask(client, open_chat(client, place))
    refused = ask(visitor(app), headers := open_chat(visitor(app), place))
    assert (refused.status_code, refused.json["error"]["code"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) == refused.json["error"]["retry_after"] == 5
    slow.go_on.set()
    listen(first, "event: done")
    wait_until(lambda: ask(visitor(app), headers).status_code == 200)


def test_a_used_up_quota_is_said_and_leaves_no_trace(app, client, place):
    headers, before = open_chat(client, place), used(app, place)
    with inside(app):
        period = db.session.scalars(select(Subscription).where(Subscription.service_id == place.service_id)).one()
        terms = period.terms
        period.terms = {**terms, "features": {**terms["features"], "messages_per_month": before}}
        db.session.commit()
    try:
        refused = ask(client, headers)
        assert (refused.status_code, refused.json["error"]["code"]) == (429, "quota_exhausted")
        with changed(app, Chatbot, place.chatbot_id, settings={"quota_words": "Ask us by phone until May."}):
            assert ask(client, headers).json["error"]["message"] == "Ask us by phone until May."
        assert client.get(f"{API}/chat/messages", headers=headers).json["messages"] == []
        assert used(app, place) == before
    finally:
        with inside(app):
            period = db.session.scalars(select(Subscription).where(Subscription.service_id == place.service_id)).one()
            period.terms = terms
            db.session.commit()


def test_a_chat_asks_only_so_often_in_a_minute(app, client, place):
    headers = open_chat(client, place)
    statuses = [ask(client, headers, text="", key="k").status_code for _ in range(3)]
    assert statuses == [400] * 3  # what is refused before is not counted
    for _ in range(20):
        ask(client, headers, key="same").get_data()
    refused = ask(client, headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"text": "x" * 2001, "idempotency_key": "k"}, (413, "too_long")),
        ({"text": "x" * 70_000, "idempotency_key": "k"}, (413, "too_long")),
        ({"text": "x", "idempotency_key": "k" * 65}, (413, "too_long")),
        ({"text": "  \n ", "idempotency_key": "k"}, (400, "invalid_request")),
        ({"text": "x"}, (400, "invalid_request")),
        ({"text": ["x"], "idempotency_key": "k"}, (400, "invalid_request")),
        ({"text": "half \ud83d", "idempotency_key": "k"}, (400, "invalid_request")),
        ("[]", (400, "invalid_request")),
        ("{", (400, "invalid_request")),
        ("[" * 60_000, (400, "invalid_request")),
        (b"\xff\xfe", (400, "invalid_request")),
    ],
)  # fmt: skip
def test_bad_input_gets_a_plain_answer(client, place, body, refusal):
    headers = open_chat(client, place)
    options = {"json": body} if isinstance(body, dict) else {"data": body}
    response = client.post(f"{API}/messages", headers=headers, **options)
    assert (response.status_code, response.json["error"]["code"]) == refusal
    assert response.json["error"]["request_id"]


def test_a_message_of_exactly_the_limit_is_taken(client, place):
    assert ask(client, open_chat(client, place), text="ö" * 2000).status_code == 200


def test_feedback_is_given_changed_and_taken_back(app, client, place):
    headers = open_chat(client, place)
    message = dict(events_of(ask(client, headers)))["meta"]["message_id"]
    for value in (1, -1, 0, None):
        assert client.post(f"{API}/messages/{message}/feedback", json={"value": value}, headers=headers).json["ok"]
        assert client.get(f"{API}/chat/messages", headers=headers).json["messages"][1]["feedback"] == value
    for wrong in (2, True, "1", 1.0, [1], {}):
        response = client.post(f"{API}/messages/{message}/feedback", json={"value": wrong}, headers=headers)
        assert response.json["error"]["code"] == "invalid_request"
    strangers = open_chat(visitor(app), place)
    response = client.post(f"{API}/messages/{message}/feedback", json={"value": 1}, headers=strangers)
    assert response.status_code == 404


def test_a_chat_can_be_taken_home(client, place):
    headers = open_chat(client, place)
    ask(client, headers).get_data()
    response = client.post(f"{API}/chat/download", headers=headers)
    assert response.headers["Content-Disposition"] == 'attachment; filename="chat.txt"'
    text = response.get_data(as_text=True)
    assert QUESTION in text
    assert "You (" in text
    german = client.post(f"{API}/chat/download?lang=de", headers=headers).get_data(as_text=True)
    assert "Sie (" in german
    assert "[1] terms.md" in text or "[1] Returns" in text
    assert "forty-five days" in text


def session_of(client, place, token: str) -> dict:
    response = client.post(
        f"{API}/embeds/{place.embed}/session", json={"resume_token": token}, headers={"Origin": place.origin}
    )
    return response.json


def test_a_chat_goes_on_with_a_token_that_changes_each_time(app, client, place):
    first = session_of(client, place, "")
    headers = {"Origin": place.origin, "Authorization": "Bearer " + first["token"]}
    ask(client, headers).get_data()
    second = session_of(client, place, first["resume_token"])
    assert second["session_id"] == first["session_id"]
    assert [m["type"] for m in second["messages"]] == ["client", "bot"]
    assert second["resume_token"] != first["resume_token"]
    third = session_of(client, place, second["resume_token"])
    assert third["session_id"] == first["session_id"]
    assert session_of(client, place, first["resume_token"])["session_id"] != first["session_id"]
    with inside(app):
        chat = db.session.scalars(select(ChatSession).where(ChatSession.uuid == uuid.UUID(first["session_id"]))).one()
        assert chat.resume_hash not in (first["resume_token"], second["resume_token"], third["resume_token"])


def test_two_tabs_and_a_lost_answer_end_with_the_same_token(client, place):
    first = session_of(client, place, "")
    tabs = [session_of(client, place, first["resume_token"]) for _ in range(3)]
    assert {tab["session_id"] for tab in tabs} == {first["session_id"]}
    assert len({tab["resume_token"] for tab in tabs}) == 1


def test_a_resume_token_of_another_chatbot_opens_nothing(app, client, place, cid):
    from tests.widget.conftest import make_place

    elsewhere = make_place(app, cid)
    mine = session_of(client, place, "")
    assert session_of(client, elsewhere, mine["resume_token"])["session_id"] != mine["session_id"]
    for junk in ("x", "\ud800", "é" * 200):
        assert "session_id" in session_of(client, place, junk) or junk == "\ud800"
