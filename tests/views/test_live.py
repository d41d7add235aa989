"""The stream behind live pages: told of changes, cut off when shut out, and never all threads of the web server."""

from __future__ import annotations

import io
import socket
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.knowledge import claims, sources
from models import Chatbot, Device, WorkspaceMember, db
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.conftest import add_person, come_in
from views import live

ACCEPT = {"Accept": "text/event-stream"}


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    monkeypatch.setattr(live, "BEAT_S", 0.01)


@pytest.fixture
def acme(app):
    return make_customer(app, "ada")


@pytest.fixture
def source_id(app, acme):
    """A source that waits to be read."""
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, acme.chatbot_id), "a.txt", io.BytesIO(b"Words."))
        db.session.commit()
        return source.id


def listen(client, customer):
    return client.get(f"/live/{customer.chatbot_uuid}", headers=ACCEPT, buffered=False)


def events(response):
    """Yield the names of events as they come; an empty one for a sign of life."""
    for part in response.iter_encoded():
        name, _, _ = part.decode().partition("\n")
        yield name.removeprefix("event: ").removeprefix(":")


def next_of(told, *names):
    return next(name for name in told if name in names)


def test_where_nothing_moves_it_says_so_and_ends(app, acme):
    with listen(sign_in(app, acme), acme) as response:
        assert response.mimetype == "text/event-stream"
        assert list(events(response)) == ["retry: 3000", "change", "rest"]


def test_each_change_is_told_and_silence_is_alive(app, acme, source_id):
    with listen(sign_in(app, acme), acme) as response:
        told = events(response)
        assert [next(told), next(told), next(told)] == ["retry: 3000", "change", ""]
        with inside(app):
            claim = claims.take(source_id)
        assert next_of(told, "change", "gone", "rest") == "change"
        with inside(app):
            claims.advance(claim, "parsing", 40)
        assert next_of(told, "change", "gone", "rest") == "change"


def put_out_of_the_workspace(member_id):
    db.session.execute(delete(WorkspaceMember).where(WorkspaceMember.user_id == member_id))


def sign_the_device_out(member_id):
    db.session.execute(delete(Device).where(Device.user_id == member_id))


@pytest.mark.parametrize("shut_out", [put_out_of_the_workspace, sign_the_device_out])
def test_who_is_shut_out_is_cut_off_at_the_next_beat(app, acme, source_id, shut_out):
    uma = add_person(app, "uma", place=(acme.service_id, acme.workspace_id, "user"))
    with listen(come_in(app, uma), acme) as response:
        told = events(response)
        assert next_of(told, "change") == "change"
        with inside(app):
            shut_out(uma)
            db.session.commit()
        assert next_of(told, "gone", "rest") == "gone"
        assert list(told) == []


def test_there_are_only_so_many_and_one_that_ends_makes_room(app, acme, source_id):
    client = sign_in(app, acme)
    n_places = app.extensions["docent"].config.live_threads
    opened = [listen(client, acme) for _ in range(n_places)]
    refused = listen(client, acme)
    assert (refused.status_code, refused.data) == (204, b""), "a browser stops listening, and asks by itself"
    refused.close()
    opened[0].close()
    opened[0] = listen(client, acme)
    assert opened[0].status_code == 200
    for response in opened:
        response.close()
    assert listen(client, acme).status_code == 200


def test_a_place_is_free_as_soon_as_its_page_has_gone(app, acme, source_id, monkeypatch):
    monkeypatch.setattr(live, "BEAT_S", 600)
    browser, line = socket.socketpair()
    asked = {"headers": ACCEPT, "environ_overrides": {"gunicorn.socket": line}, "buffered": False}
    with line, sign_in(app, acme).get(f"/live/{acme.chatbot_uuid}", **asked) as response:
        told = events(response)
        assert [next(told), next(told)] == ["retry: 3000", "change"]
        browser.close()
        assert list(told) == []


def test_who_may_not_look_gets_none(app, acme, cid):
    assert listen(sign_in(app, cid), acme).status_code == 404
    assert listen(app.test_client(), acme).status_code in (302, 401, 403)
    plain = sign_in(app, acme).get(f"/live/{acme.chatbot_uuid}")
    assert plain.status_code == 406, "it is no page"


def test_each_page_that_changes_by_itself_says_what_of_it_or_where_that_is_asked():
    templates = Path(live.__file__).parent.parent / "app" / "templates"
    texts = {page: page.read_text() for page in templates.rglob("[!_]*.html")}
    pages = {page for page, text in texts.items() if "js/live.js" in text or "{{ live_files(" in text}
    assert len(pages) > 5
    for page in pages:
        asked_elsewhere = any('data-live="{{ url_for(' in part.read_text() for part in page.parent.glob("*.html"))
        assert "{% block live %}" in texts[page] or asked_elsewhere, page
