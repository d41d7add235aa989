"""which engine keeps the vectors of chatbots and of their generations

Revision ID: 0042_vector_engines
Revises: 0041_given
"""

import sqlalchemy as sa
from alembic import op

revision = "0042_vector_engines"
down_revision = "0041_given"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("chatbots", "generations"):
        op.add_column(table, sa.Column("vector_engine", sa.String(16), nullable=False, server_default="faiss"))


def downgrade() -> None:
    for table in ("generations", "chatbots"):
        op.drop_column(table, "vector_engine")
