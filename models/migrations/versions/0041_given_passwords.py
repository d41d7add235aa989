"""passwords that a person was given, and has to replace

Revision ID: 0041_given
Revises: 0040_abuse
"""

import sqlalchemy as sa
from alembic import op

revision = "0041_given"
down_revision = "0040_abuse"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "ab_user", sa.Column("password_is_given", sa.Boolean(), nullable=False, server_default=sa.false())
    )


def downgrade() -> None:
    op.drop_column("ab_user", "password_is_given")
