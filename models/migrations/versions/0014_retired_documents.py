"""when each stage of reading a source ended, and documents that older generations may still hold

Revision ID: 0014_retired
Revises: 0013_daily_proofs
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0014_retired"
down_revision = "0013_daily_proofs"
branch_labels = None
depends_on = None

STAGES = ("queued_at", "taken_at", "fetched_at", "parsed_at", "chunked_at", "published_at")


def upgrade() -> None:
    for name in STAGES:
        op.add_column("chatbot_data", sa.Column(name, models.base.UtcDateTime()))
    op.execute("UPDATE chatbot_data SET published_at = finished_at WHERE state = 'ready'")
    op.add_column("documents", sa.Column("retired_after", sa.Integer()))


def downgrade() -> None:
    op.execute("DELETE FROM documents WHERE retired_after IS NOT NULL")
    with op.batch_alter_table("documents", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_column("retired_after")
    with op.batch_alter_table("chatbot_data", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in STAGES:
            batch.drop_column(name)
