"""what a question was understood as, beside the visitor's own words; when a chat model said its first

Revision ID: 0015_standalone
Revises: 0014_retired
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_standalone"
down_revision = "0014_retired"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_history", sa.Column("standalone", sa.Text(), nullable=True))
    op.add_column("chat_history", sa.Column("first_token_ms", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("chat_history") as batch:
        batch.drop_column("first_token_ms")
        batch.drop_column("standalone")
