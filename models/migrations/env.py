"""What Alembic runs: the application's own database and all tables, FAB's included."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

import models


@contextmanager
def _foreign_keys_at_rest(connection: Connection) -> Iterator[None]:
    """Let SQLite change a table, which it does by copying it: dropping the old one must not delete what hangs on it."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


def _refuse_orphans(ctx: MigrationContext, *_step: object, **_more: object) -> None:
    """Take a step back that would leave rows without those that they belong to; called at its end, before its commit.

    Raises:
        RuntimeError: it would.
    """
    assert ctx.connection is not None
    if ctx.connection.dialect.name == "sqlite":
        orphan = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if orphan is not None:
            raise RuntimeError(f"a migration would leave a row of {orphan[0]} without what it belongs to")


def run() -> None:
    """Run the migrations on the application's engine, each step in one transaction."""
    with models.db.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=models.db.metadatas[None], render_as_batch=True,
            compare_type=False, transaction_per_migration=True, on_version_apply=_refuse_orphans,
        )  # fmt: skip
        with _foreign_keys_at_rest(connection), context.begin_transaction():
            context.run_migrations()
            connection.commit()


run()
