"""why staff suspended a service

Revision ID: 0010_suspensions
Revises: 0009_places
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_suspensions"
down_revision = "0009_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("services", sa.Column("suspended_for", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("services") as batch:
        batch.drop_column("suspended_for")
