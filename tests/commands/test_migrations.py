"""The migrations as a whole, against the models that they lead to."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models import db
from models.migrations import versioning


def test_there_is_one_way_up():
    assert len(ScriptDirectory.from_config(versioning._config()).get_heads()) == 1


@pytest.fixture
def connection(app):
    with app.app_context(), db.engine.connect() as found:
        yield found


@pytest.mark.filterwarnings("ignore")  # of indexes over expressions, which are held below
def test_they_lead_to_the_tables_of_the_models(connection):
    context = MigrationContext.configure(connection, opts={"compare_type": False})
    assert compare_metadata(context, db.metadatas[None]) == []


def test_they_make_the_indexes_of_the_models_and_no_others_by_name(connection):
    wanted = {index.name for table in db.metadata.sorted_tables for index in table.indexes}
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": (
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)"
        ),
    }
    found = set(connection.scalars(sa.text(names[connection.dialect.name])))
    assert found == wanted
