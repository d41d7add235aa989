"""What Alembic runs: the application's own database and all tables, FAB's included."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
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


def _refuse_orphans(ctx: MigrationContext) -> None:
    """Take a step back that would leave rows without those that they belong to: at its end, before its commit.

    Raises:
        RuntimeError: it would.
    """
    assert ctx.connection is not None
    if ctx.connection.dialect.name == "sqlite":
        orphan = ctx.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if orphan is not None:
            raise RuntimeError(f"a migration would leave a row of {orphan[0]} without what it belongs to")


def _end_step(tell: Callable[[str, float], None]) -> Callable[..., None]:
    """Return what is called at the end of each step: it is looked at, and told of with the seconds that it took."""
    ends = [time.monotonic()]

    def end(ctx: MigrationContext, step: MigrationInfo, **_more: object) -> None:
        _refuse_orphans(ctx)
        ends.append(time.monotonic())
        tell(str(step.up_revision_id), ends[-1] - ends[-2])

    return end


def _let_it_take_its_time(connection: Connection) -> None:
    """Lift PostgreSQL's limit for statements, which is for pages. That for locks stays: who waits holds others up."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.commit()


def run() -> None:
    """Run the migrations on the application's engine, each step in one transaction."""
    with models.db.engine.connect() as connection:
        _let_it_take_its_time(connection)
        end_step = _end_step(context.config.attributes.get("tell", lambda *_: None))
        context.configure(
            connection=connection, target_metadata=models.db.metadatas[None], render_as_batch=True,
            compare_type=False, transaction_per_migration=True, on_version_apply=end_step,
        )  # fmt: skip
        with _foreign_keys_at_rest(connection), context.begin_transaction():
            context.run_migrations()
            connection.commit()


run()
