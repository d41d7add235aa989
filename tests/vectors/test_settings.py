"""Which PostgreSQL keeps vectors: the one that is named, that of the rows, or none."""

from __future__ import annotations

import pytest

from config import ConfigError, read_config

ROWS, VECTORS = "postgresql://ada:secret@one:5432/rows", "postgresql://ada:secret@two:5432/vectors?sslmode=require"


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ({}, ""),
        ({"DATABASE_URL": "sqlite:////tmp/docent.sqlite3"}, ""),
        ({"DATABASE_URL": ROWS}, ROWS),
        ({"DATABASE_URL": ROWS, "VECTOR_DATABASE_URL": VECTORS}, VECTORS),
        ({"VECTOR_DATABASE_URL": VECTORS.replace("postgresql:", "postgres:")}, VECTORS),
    ],
)
def test_vectors_lie_where_the_rows_do_unless_it_is_said_where(settings, address):
    assert read_config(settings).vector_database == address


@pytest.mark.parametrize("wrong", ["sqlite:////tmp/docent.sqlite3", "http://one/two", "postgresql://one"])
def test_what_is_no_postgresql_is_refused_without_repeating_it(wrong):
    with pytest.raises(ConfigError, match="VECTOR_DATABASE_URL can't be used: it looks like") as said:
        read_config({"VECTOR_DATABASE_URL": wrong})
    assert wrong not in str(said.value)
