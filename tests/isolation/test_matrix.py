"""Every route x method x person x {own, foreign, missing}, taken from the application: a new route is covered as it is.

What must hold: a stranger's row answers exactly as one that never existed, no stranger's word is shown, no stranger's
row changes, and reading changes nothing at all. To each door comes Ada, who may most, and one other in turn; all come by
`make test-matrix`. What each of them is answered there is in `test_whole_matrix.py`.
"""

from __future__ import annotations

import functools
import os
import re
from urllib.parse import quote

import pytest

from tests.conftest import inside
from tests.isolation.doors import ENDS_SESSIONS, MISSING_ID, doors, encoded, hostile_form
from tests.isolation.planting import rows_of

IS_WHOLE = bool(os.environ.get("WHOLE_MATRIX"))
STRANGERS = ("ada", "ben", "uma", "sam", "staff", "nobody", "visitor")  # to Cid
READERS = (*STRANGERS, "superadmin")
# what staff who sell see of every customer: services, their periods and orders, people, and never what is in them
SOLD = {"plans", "model_prices", "terms", "services", "user_service_subscribed", "orders", "ab_user", "audit_events"}
SELLING_SCREENS = (
    "HomeView", "ServiceView", "SubscriptionView", "MemberView", "OrderView", "ServicePage", "ServiceCarePage",
    "AuditView", "HoldingPage", "MailView", "SuspensionPage",
)  # fmt: skip
PARENTS = {
    "workspace_id": "workspaces", "chatbot_id": "chatbots", "source_id": "chatbot_data", "session_id": "chat_sessions",
    "domain_id": "domains", "message_id": "chat_history", "user_id": "ab_user", "owner_id": "ab_user",
}  # fmt: skip
# anybody may ask for the public face of a chatbot; where it answers is held by the tests of the widget
PUBLIC = {"widget.config", "widget.open_session", "hosted.show"}


@pytest.fixture(scope="module")
def state(app, ada, cid, planted):
    """A function that returns everything both customers have, and who is there."""
    from sqlalchemy import select

    from models import Member, Service, db

    def read():
        with inside(app):
            people = select(Member.id, Member.status, Member.password, Member.session_version).order_by(Member.id)
            services = select(Service.__table__).order_by(Service.id)
            return {
                "people": [tuple(row) for row in db.session.execute(people)],
                "services": [dict(row) for row in db.session.execute(services).mappings()],
                "ada": rows_of(ada.service_id),
                "cid": rows_of(cid.service_id),
            }

    return read


_PASSING = re.compile(r"Request [0-9a-f]{12}|\"request_id\":\s*\"[0-9a-f]{12}\"|name=\"csrf_token\" value=\"[^\"]*\"")


def plain(response, *asked: str) -> str:
    """Return a page without what differs from one request to the next, and without what was asked for."""
    text = _PASSING.sub("", response.get_data(as_text=True))
    for words in sorted(
        (form for word in asked for form in (word, quote(word), quote(word, ""))), key=len, reverse=True
    ):
        text = text.replace(words, "")
    return text


def knock(client, door, path, **how):
    response = client.open(path, method=how.pop("method", None) or door.method, **how)
    assert response.status_code < 500, (path, response.get_data(as_text=True))
    if response.status_code in (302, 303):
        with client.session_transaction() as session:
            session.pop("_flashes", None)  # what would be said on the next page
    return response


def sells_this(who, door) -> bool:
    is_named = door.rule.endpoint.startswith("SuspensionPage.")  # by whoever complained: its name and holder are shown
    return who == "staff" and (is_named or any(table in SOLD for _, table, _ in door.args))


def coming(doors, people):
    """Yield who comes to which door."""
    first, *others = people
    for place, door in enumerate(doors):
        yield from ((who, door) for who in (people if IS_WHOLE else (first, others[place % len(others)])))


@pytest.fixture(scope="module")
def knocks(app, clients, planted, state, cid):
    """They knock with a stranger's rows and with missing ones, and sends a form full of his keys.

    How many knocks, what of their answers was wrong, and what they changed.
    """
    before, n_knocks, wrong, form = state(), 0, [], encoded(hostile_form(planted["cid"]))
    shut = [door for door in doors(app) if door.args and door.rule.endpoint not in PUBLIC]
    for who, door in coming(shut, STRANGERS):
        if sells_this(who, door):
            continue
        for foreign, missing in door.mixtures(planted["ada"], planted["cid"]):
            there = knock(clients[who], door, foreign, **form)
            not_there = knock(clients[who], door, missing, **form)
            is_told = (there.status_code, plain(there, foreign)) != (not_there.status_code, plain(not_there, missing))
            if is_told or there.status_code < 300 or cid.canary in there.get_data(as_text=True):
                wrong.append((who, door.name, foreign, there.status_code, not_there.status_code))
            n_knocks += 2
    return n_knocks, wrong, changed(state(), before)


def test_a_strangers_row_answers_like_one_that_never_was(knocks):
    """Neither doors that read nor those that write tell a foreign row from a missing one, or a word of it."""
    n_knocks, wrong, _ = knocks
    assert wrong == []
    assert n_knocks > 1000


def test_nobody_writes_into_a_strangers_rows(knocks):
    assert knocks[2] == []


@pytest.fixture(scope="module")
def readings(app, clients, planted, state):
    """They read every page with Ada's rows: (who, door, response), and what that changed.

    One change is made before: a chatbot's preview gets its embed when it is first looked at.
    """
    knock(clients["ada"], None, f"/chatbot/{planted['ada']['chatbots']['uuid']}/preview", method="GET")
    before = state()
    found = [
        (who, door, knock(clients[who], door, door.own(planted["ada"])))
        for who, door in coming([door for door in doors(app) if door.method == "GET"], READERS)
    ]  # fmt: skip
    return found, changed(state(), before)


def test_reading_changes_nothing(readings):
    assert readings[1] == []


def test_no_page_of_ones_own_holds_a_strangers_word(readings, cid):
    for who, door, response in readings[0]:
        is_selling = who == "staff" and door.rule.endpoint.startswith(SELLING_SCREENS)
        if who != "superadmin" and not is_selling:
            assert cid.canary not in response.get_data(as_text=True), (who, door.name)
            assert cid.canary not in str(response.headers), (who, door.name)


@pytest.mark.parametrize(("who", "at_least"), [("ada", 20), ("ben", 18), ("uma", 10), ("superadmin", 30)])
def test_people_reach_what_is_theirs(readings, who, at_least):
    """The matrix would be green if every door were shut."""
    opened = [door for reader, door, response in readings[0] if reader == who and response.status_code == 200]
    assert len(opened) >= (at_least if IS_WHOLE or who == READERS[0] else at_least // len(READERS[1:]))


def test_no_filter_order_or_page_reaches_a_stranger(app, clients, planted, cid):
    """Searching by a stranger's row finds what searching by no row finds; relations, columns and orders alike."""
    screens = [v for v in app.appbuilder.baseviews if hasattr(v, "search_columns") and "can_list" in v.base_permissions]
    assert len(screens) > 8
    for who, view in coming(screens, ("ada", "uma")):
        path = f"{view.route_base}/list/"
        theirs = planted["cid"].get(view.datamodel.obj.__table__.name, {})

        @functools.cache
        def rows(path=path, who=who, **query):
            found = knock(clients[who], None, path, method="GET", query_string=query)
            assert found.status_code in (200, 400, 403), (who, path, query)
            text = plain(found, *query.values())
            assert cid.canary not in text, (who, path, query)
            return text.count("<tr")

        for column in {*view.search_columns, *view.list_columns, "service", "service_id", "uuid"}:
            value = str(theirs.get(column) or theirs.get(f"{column}_id") or planted["cid"]["services"]["id"])
            is_theirs_alone = value not in str(planted["ada"].values())
            for argument in ("q", column, f"_flt_0_{column}") if is_theirs_alone else ():
                assert rows(**{argument: value}) == rows(**{argument: str(MISSING_ID)})
            rows(sort=column, page="1")


def changed(after, before):
    return [part for part in before if after[part] != before[part]]


def test_who_only_uses_changes_nothing(app, clients, planted, state):
    before, form = state(), encoded(hostile_form(planted["cid"]))
    writing = [door for door in doors(app) if door.method != "GET" and "plans" not in door.name]
    for who, door in coming(writing, ("uma", "sam", "nobody")):
        if door.rule.endpoint not in ENDS_SESSIONS | PUBLIC:
            knock(clients[who], door, door.own(planted["ada"]), **form)
    assert changed(state(), before) == []


def test_an_owners_own_doors_move_nothing_to_a_stranger(app, clients, planted, state, ada):
    """Ada's own rows, a form full of Cid's keys: whatever she may change stays hers. Deleting comes last."""
    before = state()["cid"]
    writing = [d for d in doors(app) if d.method != "GET" and d.rule.endpoint not in ENDS_SESSIONS | PUBLIC]
    form = encoded(hostile_form(planted["cid"]))
    for door in sorted(writing, key=lambda d: ("delete" in d.name, d.name)):
        knock(clients["ada"], door, door.own(planted["ada"]), **form)
    after = state()
    assert after["cid"] == before
    for table, row in ((table, row) for table, rows in after["ada"].items() for row in rows):
        for column in row.keys() & PARENTS.keys():
            assert row[column] != planted["cid"][PARENTS[column]]["id"], (table, column)
    assert not any(row["verified"] and "smuggled" in row["domain"] for row in after["ada"]["domains"])
    assert {row["holder_id"] for row in after["services"] if row["id"] == ada.service_id} == {ada.member_id}


@pytest.mark.parametrize("path", ["/api/v1/security/login", "/api/v1/security/refresh", "/api/v1/_openapi", "/api/v1/menu/",
    "/swagger/v1", "/users/list/", "/roles/list/", "/userinfoeditview/form", "/resetpassword/form?pk=1", "/resetmypassword/form",
    "/registeruser/list/", "/users/userinfo/", "/api/v1/security/users/", "/permissions/list/", "/userstatschartview/chart/",
    "/chatbotview/download/x", "/chatbotview/action/muldelete/1", "/chatbotview/action_post", "/chatbotview/api/read",
    "/chatbotview/api/column/add/workspace", "/register/form", "/register/activation/x"])  # fmt: skip
def test_the_doors_of_the_toolkit_are_bricked_up(clients, path):
    for who in ("ada", "superadmin", "nobody"):
        for method in ("GET", "POST"):
            answer = clients[who].open(path, method=method, json={"username": "x", "password": "y", "provider": "db"})
            assert answer.status_code in (404, 405), (who, method)
