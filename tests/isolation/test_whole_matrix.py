"""Every route x method x person x {own, foreign, missing row}, each person with the rows as they were in the beginning.

Here each two of them meet at least once; all meet all by `make test-matrix`. Strangers' rows are tried one and all in
`test_matrix.py`.
"""

from __future__ import annotations

import datetime as dt
import os

import pytest

from models import Member, Service, db
from models.base import now
from tests.conftest import forget_tries, inside
from tests.isolation.conftest import add_person, come_in
from tests.isolation.doors import ENDS_SESSIONS, MISSING_ID, MISSING_UUID, doors
from tests.isolation.test_matrix import PUBLIC, SELLING_SCREENS, changed, knock, sells_this, state  # noqa: F401

IS_WHOLE = bool(os.environ.get("WHOLE_MATRIX"))
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
ROWS = ("own", "foreign", "missing")
WHO = ("visitor", "nobody", "uma", "ben", "ada", "cid", "sam", "staff", "superadmin", "disabled", "expired")
CHANGES_NOTHING = ("nobody", "disabled", "sam")
IN_A_SERVICE = ("workspaces", "domains", "chatbots", "embeds", "chatbot_data", "documents", "chat_sessions")
OUT_LAST = ("delete", "password", "device", "profile")  # what may end the visit is tried at its end


@pytest.fixture(scope="module")
def everybody(app, clients, ada, cid, planted):
    """All of `clients`, a stranger, an owner whose account is closed, and Ada, for when her service has ended."""
    closed = add_person(app, "dan", place=(ada.service_id, ada.workspace_id, "owner"))
    client = come_in(app, closed)
    with inside(app):
        db.session.get(Member, closed).status = "disabled"
        db.session.commit()
    return clients | {"cid": come_in(app, cid.member_id), "disabled": client, "expired": clients["ada"]}


@pytest.fixture(scope="module")
def beginning(app, everybody):
    """The database as it was planted: (its file, its bytes)."""
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("puts back the file of a database")
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        file = app.extensions["docent"].config.data_dir / "docent.sqlite3"
        return file, file.read_bytes()


@pytest.fixture(params=WHO)
def who(request, app, everybody, beginning, ada):
    """Somebody of the cast, before anybody has touched a row."""
    file, content = beginning
    with app.app_context():
        db.engine.dispose()
        file.write_bytes(content)
    forget_tries()
    if request.param == "expired":
        with inside(app):
            db.session.get(Service, ada.service_id).expired_at = now() - dt.timedelta(seconds=1)
            db.session.commit()
    return request.param


def cases(app, who):
    """Return what somebody tries: (door, method, whose row)."""
    found = []
    for i, door in enumerate(
        sorted(doors(app), key=lambda door: (any(word in door.name for word in OUT_LAST), door.name))
    ):
        if door.rule.endpoint not in ENDS_SESSIONS:
            rows = (ROWS if IS_WHOLE else [ROWS[(i + WHO.index(who)) % 3]]) if door.args else ROWS[:1]
            methods = METHODS if IS_WHOLE else (door.method,)
            found += [(door, method, row) for method in methods for row in rows]
    return found


def address_of(door, row, mine, theirs):
    nothing = {"id": MISSING_ID, "uuid": MISSING_UUID}
    tables = {"own": mine, "foreign": theirs, "missing": None}[row]
    return door.path({arg: tables[table] if tables else nothing for arg, table, _ in door.args})


def may_see_foreign_rows(who, door) -> bool:
    is_selling = who == "staff" and (sells_this(who, door) or door.rule.endpoint.startswith(SELLING_SCREENS))
    return who == "superadmin" or is_selling or door.rule.endpoint in PUBLIC


def test_everybody_at_every_door(app, who, everybody, planted, state):  # noqa: F811
    client, mine, theirs = everybody[who], *(("cid", "ada") if who == "cid" else ("ada", "cid"))
    stranger = planted[theirs]["services"]["name"].removeprefix("service ")
    before = state()
    for door, method, row in cases(app, who):
        address = address_of(door, row, planted[mine], planted[theirs])
        form = {"method": method, "data": {} if method == "GET" else {"name": "touched"}}
        answer = knock(client, door, address, **form)
        tried = (method, address, answer.status_code)
        if not may_see_foreign_rows(who, door):
            assert stranger.encode() not in answer.get_data(), tried
            assert row == "own" or method == "OPTIONS" or answer.status_code >= 300, tried
        if who == "disabled":
            assert answer.status_code == knock(everybody["nobody"], door, address, **form).status_code, tried
    after = state()
    assert after[theirs] == before[theirs] or who in ("superadmin", "staff")
    assert who not in CHANGES_NOTHING or changed(after, before) == []
    assert who != "expired" or {t: after["ada"][t] for t in IN_A_SERVICE} == {t: before["ada"][t] for t in IN_A_SERVICE}
