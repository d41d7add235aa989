"""Chats that grow while somebody reads them: the stream tells of each change, to who may read, for as long as they may."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from app.history import recording
from models import ChatSession, WorkspaceMember, db
from models.base import now
from tests.conftest import inside, sign_in
from tests.history.chats import say, start
from tests.isolation.conftest import add_person, come_in
from tests.views.test_live import ACCEPT, events, next_of
from views import live


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(live, "BEAT_S", 0.01)
    monkeypatch.setattr(live, "LIFE_S", 60.0)


@pytest.fixture
def chat(app, ada):
    """A chat that is going on: (its address, how to go on)."""
    with inside(app):
        found = start(ada)
        say(found, "Is anybody there?")
        address, chat_id = f"/history/{ada.service_id}/{found.uuid}", found.id

    def go_on(act):
        with inside(app):
            act(db.session.get(ChatSession, chat_id))
            db.session.commit()

    return address, go_on


def test_each_turn_of_a_chat_is_told_until_it_ends(app, ada, chat):
    address, go_on = chat
    client = sign_in(app, ada)
    assert 'data-moving="yes"' in client.get(address).text
    with client.get(f"{address}/live", headers=ACCEPT, buffered=False) as response:
        told = events(response)
        assert next_of(told, "change", "rest") == "change"
        assert next_of(told, "change", "rest", " ", "") not in {"change", "rest"}, "nothing happened"
        go_on(lambda found: recording.open_turn(found, "Hello?", "second"))
        assert next_of(told, "change", "rest") == "change"
        go_on(lambda found: setattr(found, "ended_at", now()))
        assert next_of(told, "change", "rest") == "change"
        assert next_of(told, "change", "rest") == "rest"
    assert 'data-moving="no"' in client.get(address).text


def test_a_list_tells_of_new_chats_that_match_it_and_of_no_others(app, ada, cid):
    client = sign_in(app, ada)
    with client.get(f"/history/{ada.service_id}/live?q=zeppelin", headers=ACCEPT, buffered=False) as response:
        told = events(response)
        assert next(told) == "retry: 3000"
        with inside(app):
            say(start(ada), "Something else")
            say(start(cid), "A zeppelin of a stranger")
        assert [next(told) for _ in range(3)].count("change") == 0
        with inside(app):
            say(start(ada), "A zeppelin")
        assert next_of(told, "change", "gone") == "change"


def test_who_may_read_no_more_is_shut_out(app, ada, chat):
    address, _ = chat
    ben_id = add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin"))
    with come_in(app, ben_id).get(f"{address}/live", headers=ACCEPT, buffered=False) as response:
        told = events(response)
        assert next_of(told, "change") == "change"
        with inside(app):
            db.session.execute(delete(WorkspaceMember).where(WorkspaceMember.user_id == ben_id))
            db.session.commit()
        assert next_of(told, "change", "gone", "rest") == "gone"


def test_a_script_that_asks_what_changed_is_sent_that_alone(app, ada, chat):
    client, address = sign_in(app, ada), chat[0]
    with client.session_transaction() as cookie:
        cookie["_flashes"] = [("success", "Saved, says the page before.")]
    for page, word in ((address, "Is anybody there?"), (f"/history/{ada.service_id}", address.rpartition("/")[2])):
        part = client.get(page, headers={"X-Part": "live"})
        assert part.text.strip().startswith('<div id="history"'), page
        assert word in part.text, page
        assert "<html" not in part.text, page
        assert "says the page before" not in part.text, page
    assert "says the page before" in client.get(address).text
