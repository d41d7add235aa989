"""Webhooks of before go on as they were, and what was on its way to them is still told."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from alembic import command

from app.factory import create_app
from config import read_config
from models import db
from models.migrations import versioning
from tests.databases import SERVER, database_like, url_of

MOMENT = "2026-11-01 10:00:00"
_OF_ALL = (
    "INSERT INTO webhooks (service_id, reach, uuid, created_at, url, events, sealed_secret, status)"
    " VALUES (1, 'service', '7b0a4b5e1c1f4b63a2c40a6c3a5f0d11', '2026-11-01 10:00:00', 'x', '[]', 'x', 'active')"
)
PARENTS = {
    "ab_user": {"status": "enabled"}, "plans": {"status": "enabled", "billing_cycle": "monthly"}, "services": {"status": "enabled"},
    "workspaces": {}, "chatbots": {"status": "enabled", "type": "support", "training_status": "ready", "held_for": ""},
    "form_submissions": {"kind": "handoff", "state": "new"}, "webhooks": {"status": "active", "url": "https://hooks.example.com/"},
    "webhook_deliveries": {"state": "waiting"},
}  # fmt: skip


def fill(table, values):
    """Give every column that needs one a value; all ids are 1."""
    made = {
        int: 1,
        bool: False,
        str: "x",
        dict: {},
        list: [],
        dt.datetime: dt.datetime.fromisoformat(MOMENT),
        uuid.UUID: uuid.uuid4(),
    }
    return {c.name: made.get(c.type.python_type, {}) for c in table.columns if not c.nullable} | values


@pytest.fixture
def before(tmp_path, database_url):
    """A database of the version before, with one delivery on its way."""
    if not SERVER:
        yield from open_before(tmp_path, "")
        return
    with database_like("template1") as name:
        yield from open_before(tmp_path, url_of(name))


def open_before(folder, url):
    app = create_app(
        read_config({"DATA_DIR": str(folder), "DATABASE_URL": url, "SECRET_KEY": uuid.uuid4().hex * 2}).prepared()
    )
    with app.app_context():
        command.upgrade(versioning._config(), "0033_exports")
        tables = sa.MetaData()
        tables.reflect(db.engine, only=PARENTS, resolve_fks=False)
        with db.engine.begin() as connection:
            for name, values in PARENTS.items():
                connection.execute(sa.insert(tables.tables[name]).values(fill(tables.tables[name], values)))
        yield
        db.session.remove()
        db.engine.dispose()


def read(statement):
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


@pytest.mark.filterwarnings("ignore")
def test_webhooks_and_deliveries_of_before_go_on(before):
    told = "SELECT CAST(uuid AS VARCHAR(36)), webhook_id, submission_id, state, attempts, error FROM webhook_deliveries"
    there = read(told)
    command.upgrade(versioning._config(), "0034_webhooks")
    assert read(told) == there
    assert read("SELECT event FROM webhook_deliveries") == [("handoff",)]
    assert "handoff" in str(read("SELECT events FROM webhooks"))
    command.upgrade(versioning._config(), "0037_reach")
    assert read(told) == there
    assert read("SELECT id, reach, chatbot_id FROM webhooks") == [(1, "chatbot", 1)]
    with db.engine.begin() as connection:
        connection.exec_driver_sql(_OF_ALL)
    assert read("SELECT id FROM webhooks WHERE reach = 'service'") != [(1,)], "no id is given twice"
    command.downgrade(versioning._config(), "0033_exports")
    assert read("SELECT id FROM webhooks") == [(1,)], "there is none of a whole service any more"
    assert read(told) == there
