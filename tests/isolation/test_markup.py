"""What people write is shown as they wrote it: no page makes markup of it, or fills in what looks like a placeholder."""

from __future__ import annotations

import json

import pytest

from models import Member, Service, db
from tests.conftest import inside, make_customer
from tests.isolation.conftest import come_in
from tests.isolation.doors import ENDS_SESSIONS, doors
from tests.isolation.planting import owned_tables, plant

EVIL = '<i id="evil">%(evil)s %s {evil} {{ 7 * 7 }}'
NO_WORDS = {"data_loc", "email", "username", "domain", "password"}
STREAMS = ("LivePage", "HistoryLivePage")


def _replaced(value, canary, length):
    if isinstance(value, str):
        return EVIL[:length]  # PostgreSQL holds columns to their length
    return json.loads(json.dumps(value).replace(canary, json.dumps(EVIL)[1:-1]))


@pytest.fixture(scope="module")
def hostile(app):
    """The rows of a customer who has written the same everywhere."""
    cid = make_customer(app, "cid")
    planted = plant(app, cid)
    with inside(app):
        for table in (*owned_tables(), Service.__table__, Member.__table__):
            is_mine = table.c.id == planted[table.name]["id"]
            if "service_id" in table.c:
                is_mine = table.c.service_id == cid.service_id
            for row in db.session.execute(table.select().where(is_mine)).mappings().all():
                said = {name for name, value in row.items() if cid.canary in str(value)} - NO_WORDS
                values = {
                    name: _replaced(row[name], cid.canary, getattr(table.c[name].type, "length", None)) for name in said
                }
                if values:
                    db.session.execute(table.update().where(table.c.id == row["id"]).values(values))
        db.session.commit()
    return cid.member_id, planted


@pytest.mark.parametrize("is_superadmin", [False, True], ids=["holder", "superadmin"])
def test_no_page_makes_markup_of_what_was_written(app, hostile, is_superadmin):
    """In German, where each sentence has been through a translator's hands."""
    member_id, planted = hostile
    client = come_in(app, 1 if is_superadmin else member_id, HTTP_ACCEPT_LANGUAGE="de;q=x, *, de-AT")
    n_quoting = 0
    for door in doors(app):
        if door.method != "GET" or door.rule.endpoint in ENDS_SESSIONS or door.rule.endpoint.startswith(STREAMS):
            continue
        response = client.get(door.own(planted), query_string={"q": EVIL})
        assert response.status_code < 500, door.name
        page = response.get_data(as_text=True) if response.mimetype == "text/html" else ""
        assert '<i id="evil' not in page, door.name
        assert "&amp;lt;i id" not in page, f"{door.name} quotes twice"
        n_quoting += "&lt;i id=" in page
    assert n_quoting > 50
