"""typed texts and questions with answers as sources; curated answers

Revision ID: 0016_curated
Revises: 0015_standalone
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0016_curated"
down_revision = "0015_standalone"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _allow_kinds(*kinds: str) -> None:
    """Hold chatbot_data.kind to these words (SQLite copies the table for it)."""
    known = "kind IN (" + ", ".join(f"'{kind}'" for kind in kinds) + ")"
    with op.batch_alter_table("chatbot_data", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint("kind_known", type_="check")
        batch_op.create_check_constraint("kind_known", known)


def upgrade() -> None:
    _allow_kinds("file", "url", "website", "text", "qa")
    op.create_table(
        "curated_answers",
        sa.Column("source_id", _BIG, nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("question_key", sa.String(length=64), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("embedding_name", sa.String(length=120), nullable=False),
        sa.Column("n_hits", sa.Integer(), nullable=False),
        sa.Column("last_hit_at", models.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("chatbot_id", _BIG, nullable=False),
        sa.Column("service_id", _BIG, nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["source_id", "service_id", "chatbot_id"],
            ["chatbot_data.id", "chatbot_data.service_id", "chatbot_data.chatbot_id"],
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("source_id", "question_key", name="one_answer_per_question"),
        sqlite_autoincrement=True,
    )
    op.create_index("curated_by_question", "curated_answers", ["chatbot_id", "question_key"])
    op.create_index("ix_curated_answers_chatbot_id", "curated_answers", ["chatbot_id"])
    op.create_index("ix_curated_answers_service_id", "curated_answers", ["service_id"])


def downgrade() -> None:
    op.drop_table("curated_answers")
    op.execute("DELETE FROM chatbot_data WHERE kind IN ('text', 'qa')")
    _allow_kinds("file", "url", "website")
