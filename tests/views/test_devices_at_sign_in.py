"""Signing in and out on a device: with a second factor, replayed cookies, other devices."""

from __future__ import annotations

import uuid
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from app import limits
from app.accounts import members, second_factor
from models import Member
from models.base import db
from tests.clock import standing
from tests.conftest import forget_tries, inside


@pytest.fixture(autouse=True)
def _fresh_limits():
    forget_tries()


PASSWORD = "four words that do not belong"


@pytest.fixture
def person(app):
    with inside(app):
        member = members.add_member(
            "Ada", f"ada-{uuid.uuid4().hex[:8]}@example.com", PASSWORD, platform_role="Member", verified=True
        )
        db.session.commit()
        return member.id, member.email


@pytest.fixture
def secret(app, person):
    with inside(app):
        member = db.session.get(Member, person[0])
        secret = parse_qs(urlsplit(second_factor.begin(member)).query)["secret"][0]
        with standing() as moment:
            second_factor.confirm(member, pyotp.TOTP(secret).at(moment.timestamp() - 30))
        db.session.commit()
        return secret


def enter(app, person, next_page=""):
    client = app.test_client()
    return client, client.post(f"/login/{next_page}", data={"email": person[1], "password": PASSWORD})


def is_in(client) -> bool:
    return client.get("/profile/").status_code == 200


def test_a_cookie_that_was_kept_is_worth_nothing_after_signing_out(app, person):
    client, _ = enter(app, person)
    other, _ = enter(app, person)
    kept = client.get_cookie("docent").value
    assert is_in(client)
    client.post("/logout/")
    client.set_cookie("docent", kept)
    assert not is_in(client)
    assert is_in(other)


def test_with_a_second_factor_the_password_alone_opens_nothing(app, person, secret):
    client, answer = enter(app, person, "?next=/profile/")
    assert "/login/code" in answer.location
    assert not is_in(client)
    assert client.post(answer.location, data={"code": "000000"}).status_code == 401
    assert not is_in(client)
    assert client.post(answer.location, data={"code": pyotp.TOTP(secret).now()}).location.endswith("/profile/")
    assert is_in(client)


def test_the_second_step_can_t_be_taken_without_the_first(app, person, secret):
    client = app.test_client()
    assert client.post("/login/code", data={"code": pyotp.TOTP(secret).now()}).location.endswith("/login/")
    with client.session_transaction() as session:
        session["awaits_code"] = "forged"
    assert client.get("/login/code").location.endswith("/login/")


def test_codes_can_t_be_tried_one_after_the_other(app, person, secret):
    client, _ = enter(app, person)
    statuses = [client.post("/login/code", data={"code": f"{n:06}"}).status_code for n in range(12)]
    assert statuses[-1] == 429
    assert not is_in(client)


def test_a_changed_password_signs_out_all_devices_but_this_one(app, person):
    client, _ = enter(app, person)
    other, _ = enter(app, person)
    answer = client.post("/profile/password", data={"old": PASSWORD, "new": "another phrase of five words"})
    assert answer.status_code == 302
    assert is_in(client)
    assert not is_in(other)


def test_what_somebody_before_left_in_the_cookie_is_gone(app, person):
    client = app.test_client()
    with client.session_transaction() as session:
        session["left"] = "behind"
    client.post("/login/", data={"email": person[1], "password": PASSWORD})
    with client.session_transaction() as session:
        assert "left" not in session


def test_codes_can_not_be_tried_all_day(app, person, secret, monkeypatch):
    monkeypatch.setattr(limits, "SIGN_INS_PER_ACCOUNT", "1000 per minute")  # as if the minutes passed
    monkeypatch.setattr(limits, "CODES_PER_ACCOUNT_A_DAY", "4 per day")
    client, answer = enter(app, person)
    tries = [client.post(answer.location, data={"code": "000000"}).status_code for _ in range(6)]
    assert tries == [401] * 4 + [429] * 2
