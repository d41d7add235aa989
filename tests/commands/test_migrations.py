"""The migrations as a whole, against the models that they lead to."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models import db
from models.migrations import versioning


def test_there_is_one_way_up_and_its_files_are_numbered_in_its_order():
    script = ScriptDirectory.from_config(versioning._config())
    assert len(script.get_heads()) == 1
    assert versioning.known_versions() == [step.revision for step in script.walk_revisions()][::-1]


@pytest.fixture
def connection(app):
    with app.app_context(), db.engine.connect() as found:
        yield found


def is_made_here(connection, thing) -> bool:
    """FTS5 makes tables of its own, and only PostgreSQL has GIN indexes."""
    is_gin = isinstance(thing, sa.Index) and thing.dialect_options["postgresql"]["using"] == "gin"
    return not thing.name.startswith("session_words_fts") and (not is_gin or connection.dialect.name == "postgresql")


@pytest.mark.filterwarnings("ignore")  # of indexes over expressions, which are held below
def test_they_lead_to_the_tables_of_the_models(connection):
    options = {
        "compare_type": False,
        "include_object": lambda thing, name, kind, *_: kind == "column" or is_made_here(connection, thing),
    }
    context = MigrationContext.configure(connection, opts=options)
    assert compare_metadata(context, db.metadatas[None]) == []


def test_they_make_the_indexes_of_the_models_and_no_others_by_name(connection):
    indexes = [index for table in db.metadata.sorted_tables for index in table.indexes]
    wanted = {index.name for index in indexes if is_made_here(connection, index)}
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": (
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)"
        ),
    }
    found = set(connection.scalars(sa.text(names[connection.dialect.name])))
    assert found == wanted
