"""What reaches an installation from outside: forged hosts, missing tokens, nonsense, addresses of elsewhere."""

from __future__ import annotations

import dataclasses
import random
import re

import pytest
from sqlalchemy.exc import OperationalError, PendingRollbackError
from sqlalchemy.orm import Session

from tests.conftest import sign_in
from tests.isolation.doors import ENDS_SESSIONS, doors

EVIL = "evil.example.net"
WIDE = "9" * 40
NONSENSE = [
    "\0", "a\0b", "😀" * 50, "\ud7ff\U0010ffff", "-1", "0", WIDE, "99999", "1e309", "NaN", "null", "true", "[]", "{}", "''",
    "' OR 1=1 --", "%", "%s%n", "../../etc/passwd", "<script>", "x" * 5000, " ", "2026-13-45", "ﷺ" * 30, "a,b@c", "٣",
]  # fmt: skip


@pytest.fixture
def csrf(app):
    app.config["WTF_CSRF_ENABLED"] = True
    yield
    app.config["WTF_CSRF_ENABLED"] = False


def test_every_writing_door_asks_for_a_token_of_the_page(app, ada, clients, planted, csrf):
    for door in doors(app):
        if door.method != "GET" and not door.rule.endpoint.startswith("widget."):
            answer = clients["ada"].open(door.own(planted["ada"]), method=door.method, data={"name": "x"})
            takes_no_cookie = str(door.rule).startswith("/api/v1/")
            assert answer.status_code == (401 if takes_no_cookie else 400), door.name


@pytest.mark.parametrize(
    "wanted",
    [f"http://{EVIL}/", f"//{EVIL}", f"///{EVIL}", f"////{EVIL}", f"/\\{EVIL}", f"/\t/{EVIL}", f"\\\\{EVIL}", f"https:{EVIL}",
     f"http:///{EVIL}", "javascript:alert(1)", f"http://localhost@{EVIL}/x", "http://[", f"/%09/{EVIL}", "data:text/html,x"],
)  # fmt: skip
def test_after_signing_in_one_stays_here(app, ada, wanted):
    form = {"email": ada.email, "password": ada.password}
    address = {"REMOTE_ADDR": f"198.51.100.{random.randrange(250)}"}
    for client in (app.test_client(), sign_in(app, ada)):
        answer = client.post("/login/", query_string={"next": wanted}, data=form, environ_overrides=address)
        if answer.status_code != 429:
            assert re.match(r"/(?![/\\])", answer.headers["Location"]), answer.headers["Location"]


def test_after_signing_in_one_goes_on_where_one_was_stopped(app, ada):
    stopped = app.test_client().get("/domainview/list/?page_DomainView=0", headers={"Host": EVIL})
    next_page = stopped.headers["Location"]
    assert next_page.startswith("/login/")
    client = sign_in(app, ada)
    assert client.get(next_page).headers["Location"] == "/domainview/list/?page_DomainView=0"


def test_a_forged_host_reaches_no_link(app, ada, planted):
    forged = {
        "Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4",
        "Forwarded": f"host={EVIL}", "X-Original-URL": f"http://{EVIL}/", "X-Forwarded-Prefix": f"//{EVIL}",
    }  # fmt: skip
    forged["Cookie"] = f"docent={sign_in(app, ada).get_cookie('docent').value}"
    outsider = app.test_client(use_cookies=False)
    for door in doors(app):
        if door.method == "GET":
            answer = outsider.get(door.own(planted["ada"]), headers=forged)
            assert "/login/?next" not in answer.headers.get("Location", ""), door.name
            assert EVIL not in answer.get_data(as_text=True), door.name
            assert EVIL not in answer.headers.get("Location", ""), door.name


def test_every_answer_carries_the_headers(app, clients, planted):
    for door in doors(app):
        if door.method == "GET" and not door.rule.endpoint.startswith("widget"):
            headers = clients["ada"].get(door.own(planted["ada"])).headers
            policy = headers["Content-Security-Policy"]
            is_mail = (
                door.rule.endpoint == "MailView.letter"
            )  # its own styles, and not one script: it stands in a sandbox
            assert ("unsafe" in policy) == is_mail, door.name
            assert not is_mail or policy.endswith("; sandbox"), door.name
            frames = (
                "'self'" if door.rule.endpoint == "WidgetPage.frame" or is_mail else "'none'"
            )  # our own pages show it
            assert f"frame-ancestors {frames}" in policy, door.name
            assert headers["X-Content-Type-Options"] == "nosniff", door.name
            kind = headers.get("Content-Type", "")
            assert not kind.startswith("text/") or "charset=utf-8" in kind.lower(), door.name
            assert headers["Cache-Control"] == "no-store" or "public" in headers["Cache-Control"], door.name
            assert "Strict-Transport-Security" not in headers


def test_under_https_browsers_are_told_to_stay_with_it(app, monkeypatch):
    docent = app.extensions["docent"]
    monkeypatch.setattr(docent, "config", dataclasses.replace(docent.config, base_url="https://docent.example.com"))
    assert app.test_client().get("/login/").headers["Strict-Transport-Security"] == f"max-age={365 * 86_400}"


@pytest.mark.parametrize(
    "error", [OperationalError("SELECT 1", {}, Exception("gone")), PendingRollbackError("gone before")]
)
def test_without_a_database_one_reads_a_sentence(app, ada, monkeypatch, error):
    client = sign_in(app, ada)

    def lost(*_args, **_how):
        raise error

    monkeypatch.setattr(Session, "scalars", lost)
    monkeypatch.setattr(Session, "execute", lost)
    answer = client.get("/chatbotview/list/")
    assert answer.status_code == 503
    assert "A part of the installation" in answer.get_data(as_text=True)


def requests_of(door, chance: random.Random, planted):
    """Yield how a door is knocked at with nonsense: in the address, in the query, in forms of all kinds."""
    word = lambda: chance.choice(NONSENSE)  # noqa: E731 - a name for a throw of the dice
    names = ["name", "email", "password", "role", "workspace", "service", "domain", "type", "status", "url", "files", "description",
             "price", "page", "text", "plan", "old", "new", "token", "code", "preview_token"]  # fmt: skip
    own = door.own(planted["ada"])
    screen = door.rule.endpoint.split(".")[0]
    query = {f"_flt_{chance.randrange(10)}_{chance.choice(names)}": word(), f"page_{screen}": word(), f"psize_{screen}": word(),
             f"_oc_{screen}": word(), f"_od_{screen}": "asc", "next": word()}  # fmt: skip
    yield own, {"query_string": query}
    if door.rule.arguments:
        broken = re.sub(
            r"<[^>]*>",
            lambda _: chance.choice(("0", WIDE, "-1", "%00", "%F0%9F%98%80", "x", "1.5", "%2e%2e")),
            str(door.rule),
        )
        yield broken, {"query_string": query}
    if door.method != "GET":
        yield own, {"data": {name: word() for name in names}}
        yield own, {"data": {name: [word(), word()] for name in names}}
        yield (
            own,
            {
                "data": b"\xff\xfe{" + word().encode("utf-8", "surrogatepass"),
                "content_type": chance.choice(
                    (
                        "application/json",
                        "text/xml",
                        "multipart/form-data; boundary=x",
                        "multipart/form-data",
                        "application/x-www-form-urlencoded",
                        "x",
                    )
                ),
            },
        )
        yield (
            own,
            {
                "json": chance.choice(
                    ([], {"text": []}, {"text": {"a": 1}, "idempotency_key": 3}, 5, None, {"value": WIDE})
                )
            },
        )


def test_nonsense_is_never_an_error_of_ours(app, clients, planted):
    """A bounded, repeatable shower of nonsense over every route, by an owner, a visitor and nobody."""
    chance = random.Random(20260701)
    n_requests = 0
    for who in ("ada", "superadmin", "visitor", "nobody"):
        for door in doors(app):
            if door.rule.endpoint in ENDS_SESSIONS or "delete" in door.name:
                continue
            for path, how in requests_of(door, chance, planted):
                answer = clients[who].open(path, method=door.method, **how)
                answer.get_data()
                assert answer.status_code < 500, (who, door.name, path, how)
                n_requests += 1
    assert n_requests > 500
