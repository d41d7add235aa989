"""The clock jumps, as after a flat battery or a wrong time server: nothing waits until it has come round again."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from sqlalchemy import select

from app.history import recording, summary
from app.knowledge import claims, ingest, publish, reconcile, sources
from jobs import training
from models import Chatbot, ChatSession, Message, Source, db
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_app, make_customer
from tests.faults import promises
from tests.widget.conftest import QUESTION, ask, events_of, open_chat, visitor

JUMPS = [{"days": -1}, {"days": -400}, {"hours": 3}]  # further on, a plan would have ended


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url)


@pytest.fixture
def source_id(app, clock):  # noqa: F811
    """A file that waits, of a chatbot of Ada's."""
    with inside(app):
        chatbot = db.session.get(Chatbot, make_customer(app, "ada").chatbot_id)
        source = sources.add_file(chatbot, "terms.md", io.BytesIO(b"Goods may be returned within forty-five days."))
        db.session.commit()
        return source.id


def in_two_minutes(app, clock):  # noqa: F811
    """What scheduler and worker do then."""
    clock.go(minutes=2)
    with app.app_context():
        reconcile.give_up_hopeless()
        for source_id in reconcile.unfinished_sources():
            ingest.ingest(source_id)
        for chatbot_id in reconcile.due_chatbots():
            training.publish_chatbot(chatbot_id)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
@pytest.mark.parametrize("stage", ["queued", "read", "published"])
def test_work_that_was_cut_off_before_the_clock_jumped_is_done_minutes_later(app, clock, source_id, stage, jump):  # noqa: F811
    with inside(app):
        chatbot_id = db.session.get(Source, source_id).chatbot_id
    with app.app_context():
        if stage == "read":
            claims.take(source_id)
        if stage == "published":
            ingest.ingest(source_id)
            publish._begin(chatbot_id)
    clock.go(**jump)
    for _ in range(2):
        in_two_minutes(app, clock)
    assert promises.is_settled(app, chatbot_id)
    promises.check(app, chatbot_id)
    assert promises.states(app, chatbot_id) == {"ready": 1}


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_work_that_goes_on_while_the_clock_jumps_is_done_once(app, clock, source_id, jump, monkeypatch):  # noqa: F811
    real, jumps = ingest.parse, [jump]

    def jump_meanwhile(*args):
        while jumps:
            clock.go(**jumps.pop())
            in_two_minutes(app, clock)
        return real(*args)

    monkeypatch.setattr(ingest, "parse", jump_meanwhile)
    with app.app_context():
        ingest.ingest(source_id)
    in_two_minutes(app, clock)
    with inside(app):
        chatbot_id = db.session.get(Source, source_id).chatbot_id
    promises.check(app, chatbot_id)
    assert promises.states(app, chatbot_id) == {"ready": 1}


def test_a_visitor_whose_answer_was_cut_off_before_the_clock_was_set_back_may_ask_on(app, clock, place):  # noqa: F811
    clock.moment = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    client = visitor(app)
    headers = open_chat(client, place)
    assert events_of(ask(client, headers))[-1][0] == "done"
    with inside(app):
        chat = db.session.scalar(select(ChatSession).order_by(ChatSession.id.desc()).limit(1))
        recording.open_turn(chat, QUESTION, "cut off")
        db.session.commit()
        chat_id = chat.id
    assert ask(client, headers).status_code == 409, "somebody is at it"
    clock.go(days=-1)
    with app.app_context():
        summary.catch_up()
    headers = open_chat(client, place)  # the token of before is from a time to come
    assert events_of(ask(client, headers))[-1][0] == "done"
    with inside(app):
        finishes = select(Message.finish).where(Message.session_id == chat_id, Message.type == "bot")
        assert sorted(db.session.scalars(finishes)) == ["complete", "stopped"]
