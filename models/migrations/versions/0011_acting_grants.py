"""looks of staff and support at a customer's service

Revision ID: 0011_acting
Revises: 0010_suspensions
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0011_acting"
down_revision = "0010_suspensions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acting_grants",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("expires_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("ended_at", models.base.UtcDateTime()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acting_grants_service_id", "acting_grants", ["service_id"])
    op.create_index("ix_acting_grants_user_id", "acting_grants", ["user_id"])


def downgrade() -> None:
    op.drop_table("acting_grants")
