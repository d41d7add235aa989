"""mails on their way, and the password that a sign-up's link confirms

Revision ID: 0005_mails
Revises: 0004_sentence_vectors
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0005_mails"
down_revision = "0004_sentence_vectors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outgoing_mails",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("template", sa.String(48), nullable=False),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("page", sa.String(200), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("invitation_id", models.base.BigId, sa.ForeignKey("invitations.id", ondelete="SET NULL")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("due_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("sent_at", models.base.UtcDateTime()),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state_known"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outgoing_mails_invitation_id", "outgoing_mails", ["invitation_id"])
    op.create_index("mails_by_turn", "outgoing_mails", ["state", "due_at"])
    op.add_column("user_verification", sa.Column("password", sa.String(256)))


def downgrade() -> None:
    op.drop_column("user_verification", "password")
    op.drop_table("outgoing_mails")
