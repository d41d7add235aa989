"""The migrations as a whole."""

from alembic.script import ScriptDirectory

from models.migrations import versioning


def test_there_is_one_way_up():
    assert len(ScriptDirectory.from_config(versioning._config()).get_heads()) == 1
