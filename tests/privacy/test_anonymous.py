"""Of a visitor's address nothing is kept but a hash that nobody can undo, and whose key is gone the next day."""

from __future__ import annotations

import logging
import uuid

import pytest
from redis import Redis
from sqlalchemy import select

from app.collaborators import here
from app.history import anonymous
from models import ChatSession, db
from tests.conftest import inside
from tests.privacy.conftest import all_keys, all_rows
from tests.widget.conftest import API, ask, open_chat

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.7) Gecko/20100101 Firefox/131.7"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0.6668.71 Safari/537.36"


def visit(app, place, address: str, browser: str = FIREFOX) -> tuple:
    client = app.test_client()
    client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": browser}
    response = client.post(f"{API}/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin})
    with inside(app):
        found = ChatSession.uuid == uuid.UUID(response.json["session_id"])
        return db.session.execute(select(ChatSession.visitor_hash, ChatSession.browser).where(found)).one()


def test_a_visitor_of_one_day_gets_one_hash_and_another_network_or_browser_gets_another(app, place):
    first, browser = visit(app, place, "203.0.113.7")
    assert browser == "Firefox on Linux"
    assert visit(app, place, "203.0.113.7") == (first, browser)
    assert visit(app, place, "203.0.113.250") == (first, browser)  # the network is what counts
    others = {visit(app, place, "203.0.114.7")[0], visit(app, place, "203.0.113.7", CHROME)[0]}
    assert len({first, *others}) == 3
    assert visit(app, place, "2001:db8:5:1::1")[0] == visit(app, place, "2001:db8:5:fff::2")[0]


def test_two_services_can_not_tell_that_they_have_one_visitor(app):
    with inside(app):
        assert anonymous.trace(1, "203.0.113.7", FIREFOX) != anonymous.trace(2, "203.0.113.7", FIREFOX)


def test_the_key_is_another_one_each_day_and_ends_with_the_day(app, server, clock):
    clock.stand("2026-03-01 22:00:00")
    with inside(app):
        today = anonymous.trace(1, "203.0.113.7", FIREFOX)
        name = f"{anonymous.KEYS}2026-03-01"
        assert 0 < server.ttl(name) <= 2 * 3600
        clock.go(hours=2)
        assert anonymous.trace(1, "203.0.113.7", FIREFOX).visitor_hash not in (None, today.visitor_hash)


def test_every_process_counts_with_the_same_key(app, server):
    with inside(app):
        first = anonymous.trace(1, "203.0.113.7", FIREFOX)
        elsewhere = Redis(unix_socket_path=server.socket_file)
        here().__dict__["redis"] = elsewhere
        assert anonymous.trace(1, "203.0.113.7", FIREFOX) == first


def test_without_redis_nobody_is_counted_and_everything_goes_on(app, place, monkeypatch):
    with app.app_context():
        monkeypatch.setitem(here().__dict__, "redis", Redis(unix_socket_path="/nowhere/redis.sock"))
    assert visit(app, place, "203.0.113.7") == (None, "Firefox on Linux")


@pytest.mark.parametrize("address", ["203.0.113.77", "2001:db8:77:7:a:b:c:d"])
def test_no_address_lies_anywhere(app, place, server, caplog, address):
    """Every call of the widget and a failed sign-in, then all rows, all keys of Redis and the log."""
    caplog.set_level(logging.DEBUG)
    client = app.test_client()
    client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": CHROME}
    client.get(f"{API}/embeds/{place.embed}/config?page=/x", headers={"Origin": place.origin})
    client.get(f"{API}/embeds/{place.embed}/config", headers={"Origin": "https://elsewhere.example"})
    headers = open_chat(client, place)
    assert "event: done" in ask(client, headers).text
    client.post(f"{API}/chat/handoff", json={"values": {}}, headers=headers)
    client.post("/login/", data={"email": "nobody@example.com", "password": "wrong"})
    kept = all_rows(app) + all_keys(server) + caplog.text
    shortened = address.rpartition("." if "." in address else ":7:")[0]
    assert address not in kept
    assert "129.0.6668" not in kept  # of the browser its family alone
    assert "nobody@example.com" not in all_keys(server)
    assert shortened not in all_keys(server)


def test_what_may_be_private_in_a_pages_address_stays_behind(app, client, place):
    open_chat(client, place, page="https://acme.example/shop?token=abc#me")
    with inside(app):
        pages = db.session.scalars(select(ChatSession.page).order_by(ChatSession.id.desc()).limit(1)).all()
    assert pages == ["https://acme.example/shop"]
