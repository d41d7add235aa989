"""The migration that allows websites copies a table on SQLite: what hangs on its rows must stay."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import sqlalchemy as sa
from alembic import command

from app.factory import create_app
from config import read_config
from models import db
from models.base import now
from models.migrations import versioning

PARENTS = ("ab_user", "plans", "services", "workspaces", "chatbots")
KNOWN = {
    "ab_user": {"status": "enabled"},
    "plans": {"status": "enabled", "billing_cycle": "monthly"},
    "services": {"status": "enabled"},
    "chatbots": {"status": "enabled", "type": "support", "training_status": "ready"},
    "chatbot_data": {"kind": "file", "state": "ready"},
}


@pytest.fixture
def before(tmp_path):
    """A database of the version before; returns what plants a row of each of these tables, all with id 1."""
    app = create_app(read_config({"DATA_DIR": str(tmp_path)}).prepared())
    with app.app_context():
        command.upgrade(versioning._config(), "0007_audit")
        tables = sa.MetaData()
        tables.reflect(db.engine, only=(*PARENTS, "chatbot_data", "documents"), resolve_fks=False)

        def plant(*names: str) -> None:
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
                for name in names:
                    connection.execute(sa.insert(tables.tables[name]).values(fill(tables.tables[name])))
                connection.commit()
                connection.exec_driver_sql("PRAGMA foreign_keys=ON")

        yield plant
        db.session.remove()
        db.engine.dispose()


def fill(table: sa.Table) -> dict:
    """Give every column that needs one a value."""
    made = {int: 1, bool: True, str: "x", dict: {}, dt.datetime: now().replace(tzinfo=None), uuid.UUID: uuid.uuid4()}
    needed = {c.name: made.get(c.type.python_type, "[]") for c in table.columns if not c.nullable}
    return needed | KNOWN.get(table.name, {})


def read(statement: str) -> list[tuple]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def test_documents_stay_and_websites_are_allowed(before):
    before(*PARENTS, "chatbot_data", "documents")
    versioning.upgrade()
    assert read("SELECT id, source_id FROM documents") == [(1, 1)]
    assert read("SELECT id, kind FROM chatbot_data") == [(1, "file")]
    assert read("PRAGMA foreign_keys") == [(1,)]
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE chatbot_data SET kind = 'website'")
    with db.engine.begin() as connection, pytest.raises(sa.exc.IntegrityError):
        connection.exec_driver_sql("UPDATE chatbot_data SET kind = 'podcast'")


def test_ids_of_sources_are_never_given_twice(before):
    versioning.upgrade()
    assert "AUTOINCREMENT" in read("SELECT sql FROM sqlite_master WHERE name = 'chatbot_data'")[0][0]


def test_a_step_that_would_leave_orphans_is_taken_back(before):
    before("documents")  # without the source that it belongs to
    with pytest.raises(RuntimeError, match="a row of documents without"):
        versioning.upgrade()
    assert "websites" not in sa.inspect(db.engine).get_table_names()
    assert read("SELECT version_num FROM alembic_version") == [("0007_audit",)]
    assert read("PRAGMA foreign_keys") == [(1,)]
