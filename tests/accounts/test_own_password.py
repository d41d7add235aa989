"""A password that somebody was given opens the page where they choose their own, and nothing else."""

from __future__ import annotations

import uuid
from collections import defaultdict

import pytest

from app.accounts import passwords, rescue
from models import AuditEvent, Member, db
from tests.api.conftest import make_key
from tests.conftest import inside, make_customer, sign_in
from tests.isolation.doors import doors

OWN = "three-words-of-my-own-9"
LEFT_OPEN = ("OwnPasswordPage.", "SignInView.logout", "LocaleView.index", "widget", "hosted.")


@pytest.fixture(scope="module")
def lea(app):
    """Somebody with a service and a key, whose password will be given anew."""
    return make_customer(app, "lea")


@pytest.fixture
def given(app, lea):
    with inside(app):
        member = db.session.get(Member, lea.member_id)
        password = rescue.reset_password(member)
        db.session.commit()
    return password


def choose(client, old, new, after="/profile/"):
    return client.post("/own-password/", query_string={"next": after}, data={"old": old, "new": new})


def test_no_page_opens_and_no_form_is_taken_before(app, lea, given):
    client = sign_in(app, lea)
    rows = defaultdict(lambda: {"id": 1, "uuid": uuid.uuid4()})
    for door in doors(app):
        if not door.rule.endpoint.startswith(LEFT_OPEN) and not str(door.rule).startswith("/api/v1/"):
            answer = client.open(door.own(rows), method=door.method)
            assert (answer.status_code, (answer.location or "")[:14]) == (302, "/own-password/"), door.name
    assert client.get("/profile/?x=1").location == "/own-password/?next=/profile/?x%3D1"
    assert client.post("/logout/").status_code == 302
    assert "/login/" in client.get("/profile/").location


def test_a_page_that_tells_of_a_mistake_tells_nothing_else_before(app, lea, given):
    client = sign_in(app, lea)
    for answer in (client.get("/none"), client.delete("/profile/"), client.post("/profile/", json={})):
        assert answer.status_code in (404, 405, 415)
        assert 'aria-label="Main menu"' not in answer.text
        assert lea.canary not in answer.text


def test_it_is_replaced_by_another_and_one_goes_on_where_one_wanted_to(app, lea, given):
    client, elsewhere = sign_in(app, lea), sign_in(app, lea)
    page = client.get("/own-password/").text
    assert "Choose a password of your own" in page
    assert "Sign out" in page
    assert "Choose another one" in choose(client, given, given).text
    assert "not right" in choose(client, "wrong", OWN).text
    assert "too short" in choose(client, given, "short").text
    assert client.get("/profile/").status_code == 302
    assert choose(client, given, OWN).location == "/profile/"
    assert "yours alone" in client.get("/profile/").text
    assert client.get("/own-password/").location == "/"
    assert choose(client, OWN, OWN + "x").location == "/profile/", "it is changed in the profile from now on"
    assert "/login/" in elsewhere.get("/profile/").location
    with inside(app):
        member = db.session.get(Member, lea.member_id)
        assert passwords.is_right(member, OWN)
        assert not passwords.is_right(member, given)
        assert db.session.query(AuditEvent).filter_by(action="password.change", actor_id=lea.member_id).count() == 1


def test_a_program_with_their_key_goes_on(app, lea, given):
    bearer = {"Authorization": f"Bearer {make_key(app, lea)}"}
    assert app.test_client().get("/api/v1/chatbots", headers=bearer).status_code == 200
