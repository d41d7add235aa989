"""invitations to several workspaces, services that are offered to a successor

Revision ID: 0009_places
Revises: 0008_websites
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0009_places"
down_revision = "0008_websites"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("invitations", sa.Column("further_places", sa.JSON(), nullable=False, server_default=sa.text("'{}'")))
    op.create_table(
        "handovers",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column(
            "service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("successor_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("service_id", name="one_offer_at_a_time"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_handovers_service_id", "handovers", ["service_id"])
    op.create_index("ix_handovers_successor_id", "handovers", ["successor_id"])


def downgrade() -> None:
    op.drop_table("handovers")
    op.drop_column("invitations", "further_places")
