"""who visitors are and what they agreed to; why they liked an answer or did not

Revision ID: 0017_visitors
Revises: 0016_curated
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0017_visitors"
down_revision = "0016_curated"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chat_sessions", sa.Column("consented_at", models.base.UtcDateTime(timezone=True)))
    op.add_column("chat_sessions", sa.Column("visitor", sa.JSON()))
    op.add_column("chat_history", sa.Column("feedback_comment", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "identity_keys",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("secret_before", sa.Text()),
        sa.Column("replaced_at", models.base.UtcDateTime(timezone=True)),
        sa.Column("created_at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("chatbot_id", name="one_identity_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_identity_keys_chatbot_id", "identity_keys", ["chatbot_id"])
    op.create_index("ix_identity_keys_service_id", "identity_keys", ["service_id"])


def downgrade() -> None:
    op.drop_table("identity_keys")
    op.drop_column("chat_history", "feedback_comment")
    op.drop_column("chat_sessions", "visitor")
    op.drop_column("chat_sessions", "consented_at")
