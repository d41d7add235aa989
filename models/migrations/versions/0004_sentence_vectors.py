"""sentences of chunks, with their vectors

Rows without them keep answering, ordered by their chunk's vector; training a source again adds them.

Revision ID: 0004_sentence_vectors
Revises: 0003_devices
"""

import sqlalchemy as sa
from alembic import op

revision = "0004_sentence_vectors"
down_revision = "0003_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("sentences", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("chunks") as batch:
        batch.drop_column("sentences")
