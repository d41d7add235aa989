"""Every route x method x person x {own, foreign, missing row}, each request with the rows as they were in the beginning.

What is answered follows from the tables of roles and permissions (`expected.py`). Here each two of them meet at least
once; all meet all by `make test-matrix`. Strangers' rows are tried one and all in `test_matrix.py`.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event

from models import Member, Service, db
from models.base import now
from tests.conftest import forget_tries, inside
from tests.isolation.conftest import add_person, come_in
from tests.isolation.doors import ENDS_SESSIONS, MISSING_ID, MISSING_UUID, Door, doors
from tests.isolation.expected import OPEN, expect, fits, is_open, takes_a_key
from tests.isolation.test_matrix import IS_WHOLE, PUBLIC, SELLING_SCREENS, changed, knock, sells_this, state  # noqa: F401

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"}
ROWS = ("own", "foreign", "missing")
WHO = ("visitor", "nobody", "uma", "ben", "ada", "cid", "sam", "staff", "superadmin", "disabled", "expired")
CHANGES_NOTHING = ("nobody", "disabled", "sam")
IN_A_SERVICE = ("workspaces", "domains", "chatbots", "embeds", "chatbot_data", "documents", "chat_sessions")
_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)


@pytest.fixture(scope="module")
def everybody(app, clients, ada, cid, planted):
    """All of `clients`, a stranger, an owner whose account is closed, and Ada, for when her service has ended."""
    closed = add_person(app, "dan", place=(ada.service_id, ada.workspace_id, "owner"))
    client = come_in(app, closed)
    with inside(app):
        db.session.get(Member, closed).status = "disabled"
        db.session.commit()
    return clients | {"cid": come_in(app, cid.member_id), "disabled": client, "expired": clients["ada"]}


class Beginning:
    """The database as it was planted, put back whenever somebody has written."""

    def __init__(self, app) -> None:
        self.app, self.has_written = app, False
        self.file = app.extensions["docent"].config.data_dir / "docent.sqlite3"
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._note)
            self.keep()

    def _note(self, _connection, _cursor, statement, *_rest) -> None:
        self.has_written = self.has_written or bool(_WRITES.match(statement))

    def keep(self) -> None:
        with self.app.app_context():
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            self.content, self.has_written = self.file.read_bytes(), False

    def come_back(self) -> None:
        with self.app.app_context():
            db.engine.dispose()
            self.file.write_bytes(self.content)
        self.has_written = False


@pytest.fixture(scope="module")
def planted_rows(app, everybody):
    with app.app_context():
        if db.engine.dialect.name != "sqlite":
            pytest.skip("puts back the file of a database")
    return Beginning(app)


@pytest.fixture(params=WHO)
def who(request):
    return request.param


@pytest.fixture
def beginning(app, who, planted_rows, ada):
    """The rows before anybody has touched one; of who is called expired, the service has just ended."""
    as_planted = planted_rows.content
    if who == "expired":
        with inside(app):
            db.session.get(Service, ada.service_id).expired_at = now() - dt.timedelta(seconds=1)
            db.session.commit()
        planted_rows.keep()
    yield planted_rows
    planted_rows.content = as_planted
    planted_rows.come_back()


class Try(NamedTuple):
    """A door, how it is knocked at, and whose row its address names."""

    door: Door
    method: str
    row: str


class Visit(NamedTuple):
    """Somebody's browser, the rows that are theirs, and those of a stranger."""

    client: Any
    mine: dict[str, Any]
    theirs: dict[str, Any]
    stranger: str

    @property
    def canary(self) -> bytes:
        return self.theirs["services"]["name"].removeprefix("service ").encode()

    def address_of(self, tried: Try) -> str:
        nothing = {"id": MISSING_ID, "uuid": MISSING_UUID}
        tables = {"own": self.mine, "foreign": self.theirs, "missing": None}[tried.row]
        return tried.door.path({arg: tables[table] if tables else nothing for arg, table, _ in tried.door.args})

    def knock(self, tried: Try, address: str) -> Any:
        form = {} if tried.method in ("GET", "HEAD") else {"name": "touched"}
        answer = knock(self.client, tried.door, address, method=tried.method, data=form)
        answer.get_data()
        answer.close()
        return answer


@pytest.fixture
def visit(who, everybody, planted):
    mine, theirs = ("cid", "ada") if who == "cid" else ("ada", "cid")
    return Visit(everybody[who], planted[mine], planted[theirs], theirs)


def tries(app, who):
    """Yield what somebody tries. Routing, which turns a method away, knows no rows: those are tried with one's own."""
    known = set()
    for i, door in enumerate(sorted(doors(app), key=lambda door: door.name)):
        if door.rule.endpoint not in ENDS_SESSIONS:
            rows = (ROWS if IS_WHOLE else [ROWS[(i + WHO.index(who)) % 3]]) if door.args else ROWS[:1]
            yield from (Try(door, door.method, row) for row in rows)
            if IS_WHOLE and str(door.rule) not in known:
                others = METHODS - ({door.method} if door.method == "GET" else {door.method, "HEAD"})
                yield from (Try(door, method, "own") for method in sorted(others))
            known.add(str(door.rule))


def may_see_foreign_rows(who, door) -> bool:
    is_selling = who == "staff" and (sells_this(who, door) or door.rule.endpoint.startswith(SELLING_SCREENS))
    return who == "superadmin" or is_selling or door.rule.endpoint in PUBLIC


def is_expected(app, who, tried, answer) -> bool:
    """Tell whether an answer is that of the tables; a method that another door takes is judged there."""
    taken = app.url_map.bind("localhost").allowed_methods(answer.request.path)
    if tried.method not in taken:
        return answer.status_code == 405
    if tried.method == tried.door.method or (tried.method == "HEAD" and tried.door.method == "GET"):
        return fits(answer, expect(app, who, tried.door, tried.row), tried.door)
    return answer.status_code < 500


def test_only_doors_that_are_known_to_be_open_ask_nobody_to_sign_in(app):
    asking = {name for name, view in app.view_functions.items() if hasattr(view, "_permission_name")}
    for door in doors(app):
        assert (door.rule.endpoint in asking) != (is_open(door) or takes_a_key(door)), door.name
    assert {door.rule.endpoint for door in doors(app)} >= OPEN


@pytest.mark.timeout(1800 if IS_WHOLE else 600)
def test_everybody_at_every_door(app, who, visit, beginning, state):  # noqa: F811
    before, cookie, wrong = state(), visit.client.get_cookie("docent"), []
    beginning.has_written = False
    for tried in tries(app, who):
        forget_tries()
        address = visit.address_of(tried)
        answer = visit.knock(tried, address)
        said = (who, tried.method, address, tried.row, answer.status_code)
        if not is_expected(app, who, tried, answer):
            wrong.append((*said, expect(app, who, tried.door, tried.row)))
        assert visit.canary not in answer.data or may_see_foreign_rows(who, tried.door), said
        if beginning.has_written:
            check_changes(who, visit.stranger, before, state(), said)
            beginning.come_back()
            if cookie is not None:
                visit.client.set_cookie("docent", cookie.value)
    assert not wrong, "\n".join(map(str, wrong))


def check_changes(who, stranger, before, after, said) -> None:
    assert after[stranger] == before[stranger] or who in ("superadmin", "staff"), said
    assert who not in CHANGES_NOTHING or changed(after, before) == [], said
    if who == "expired":
        assert {t: after["ada"][t] for t in IN_A_SERVICE} == {t: before["ada"][t] for t in IN_A_SERVICE}, said


def test_who_is_disabled_is_nobody(app, everybody, planted):
    """Also at the doors that are open to everybody, with the cookie of before."""
    for door in doors(app):
        if door.rule.endpoint not in ENDS_SESSIONS and is_open(door):
            statuses = []
            for who in ("disabled", "nobody"):
                forget_tries()
                visit = Visit(everybody[who], planted["ada"], planted["cid"], "cid")
                tried = Try(door, door.method, "own")
                statuses.append(visit.knock(tried, visit.address_of(tried)).status_code)
            assert statuses[0] == statuses[1], door.name
