"""versions with their causes, golden questions, and generations that are held back

Revision ID: 0020_versions
Revises: 0019_models
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0020_versions"
down_revision = "0019_models"
branch_labels = None
depends_on = None

HOLD = "held_for IN ('', 'worse', 'rollback')"


def upgrade() -> None:
    with op.batch_alter_table("chatbots", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("held_for", sa.String(16), nullable=False, server_default=""))
        batch.add_column(sa.Column("held_count", sa.Integer(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("held_golden", sa.JSON(), nullable=False, server_default="[]"))
        batch.add_column(sa.Column("holds_worse", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("accepts_worse", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.add_column(sa.Column("pending", sa.JSON(), nullable=False, server_default="[]"))
        batch.create_check_constraint("held_for_known", HOLD)
    op.add_column("generations", sa.Column("n_documents", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("generations", sa.Column("causes", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("generations", sa.Column("golden", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("chatbot_data", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("changed_by_id", sa.Integer()))
        batch.create_foreign_key("source_changed_by", "ab_user", ["changed_by_id"], ["id"], ondelete="SET NULL")
    op.create_table(
        "golden_questions",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("chatbot_id", "question", name="one_golden_question_of_a_text"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_golden_questions_service_id", "golden_questions", ["service_id"])
    op.create_index("ix_golden_questions_chatbot_id", "golden_questions", ["chatbot_id"])


def downgrade() -> None:
    op.drop_table("golden_questions")
    with op.batch_alter_table("chatbot_data", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("source_changed_by", type_="foreignkey")
        batch.drop_column("changed_by_id")
    with op.batch_alter_table("generations", table_kwargs={"sqlite_autoincrement": True}) as batch:
        for name in ("n_documents", "causes", "golden"):
            batch.drop_column(name)
    with op.batch_alter_table("chatbots", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("held_for_known", type_="check")
        for name in ("held_for", "held_count", "held_golden", "holds_worse", "accepts_worse", "pending"):
            batch.drop_column(name)
