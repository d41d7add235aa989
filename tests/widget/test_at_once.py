"""Many visitors in one moment: they are worked for in turns, and pages of owners wait for none of them."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from models import db
from tests.conftest import sign_in
from tests.waiting import wait_until
from tests.widget.conftest import API, ask, events_of, open_chat, visitor


class Turns(threading.Semaphore):
    """Turns that tell how many have come to wait for one."""

    n_waiting = 0

    def acquire(self, blocking=True, timeout=None):
        self.n_waiting += blocking
        return super().acquire(blocking, timeout)


@pytest.fixture
def turns(app, monkeypatch):
    """One turn for all, which nobody has."""
    found = Turns(1)
    monkeypatch.setitem(app.extensions["docent"].__dict__, "turns", found)
    return found


def test_visitors_wait_for_each_other_without_a_connection_and_an_owners_page_waits_for_nobody(app, ada, place, turns):
    owner = sign_in(app, ada)
    turns.acquire()
    turns.n_waiting = 0
    with ThreadPoolExecutor(4) as pool:
        chats = [pool.submit(open_chat, visitor(app), place) for _ in range(4)]
        wait_until(lambda: turns.n_waiting == 4)
        with app.app_context():
            assert db.engine.pool.checkedout() == 0
        assert owner.get(f"/history/{place.service_id}").status_code == 200
        turns.release()
        assert all(chat.result()["Authorization"] for chat in chats)


def test_an_answer_gives_its_turn_back_when_its_request_has_ended_or_was_refused(app, place, turns):
    client = visitor(app)
    chat = open_chat(client, place)
    assert [name for name, _ in events_of(ask(client, chat))][-1] == "done"
    assert client.post(f"{API}/messages", json={}, headers={"Origin": place.origin}).status_code == 401
    assert client.post(f"{API}/messages", data=b"x" * 70_000, headers=chat).status_code == 413
    assert turns.acquire(blocking=False)


def test_a_body_on_a_slow_line_is_waited_for_before_the_turn(app, place, turns):
    were_free = []

    class Line(io.BytesIO):
        def read(self, size=-1, /):
            were_free.append(turns.acquire(blocking=False))
            turns.release()
            return super().read(size)

        def readinto(self, buffer, /):
            found = self.read(len(buffer))
            buffer[: len(found)] = found
            return len(found)

    headers = {"Origin": place.origin, "Content-Length": "2"}
    answer = visitor(app).post(f"{API}/embeds/{place.embed}/session", input_stream=Line(b"{}"), headers=headers)
    assert answer.status_code == 200
    assert were_free
    assert all(were_free)
