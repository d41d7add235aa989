"""What Alembic runs: the application's own database and all tables, FAB's included."""

from alembic import context

import models


def run() -> None:
    """Run the migrations on the application's engine, each step in one transaction."""
    with models.db.engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=models.db.metadatas[None], render_as_batch=True,
            compare_type=False, transaction_per_migration=True,
        )  # fmt: skip
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()


run()
