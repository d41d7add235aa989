"""forms, what visitors entered, webhooks and their deliveries

Revision ID: 0018_leads
Revises: 0017_visitors
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0018_leads"
down_revision = "0017_visitors"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime(timezone=True)


def _create(name: str, *columns: sa.schema.SchemaItem) -> None:
    """Create a table of rows below a chatbot."""
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
        ),
        *columns,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_chatbot_id", name, ["chatbot_id"])


def _known(column: str, *words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=f"{column}_known")


def _below(parent: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column, "service_id", "chatbot_id"],
        [f"{parent}.id", f"{parent}.service_id", f"{parent}.chatbot_id"],
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.add_column("chat_sessions", sa.Column("handed_over_at", _MOMENT))
    _create(
        "forms",
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("thanks", sa.Text(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("button", sa.String(40), nullable=False),
        sa.Column("after_refusal", sa.Boolean(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=False),
        sa.Column("notify", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.UniqueConstraint("id", "service_id", "chatbot_id", name="form_in_chatbot"),
        _known("status", "active", "inactive", "deleted"),
    )
    _create(
        "form_submissions",
        sa.Column("form_id", models.base.BigId),
        sa.Column("session_id", models.base.BigId),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("form_name", sa.String(80), nullable=False),
        sa.Column("summary", sa.String(200), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("assignee_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.UniqueConstraint("id", "service_id", "chatbot_id", name="submission_in_chatbot"),
        _known("state", "new", "in_progress", "done"),
        _known("kind", "form", "handoff"),
    )
    op.create_index("ix_form_submissions_form_id", "form_submissions", ["form_id"])
    op.create_index("ix_form_submissions_session_id", "form_submissions", ["session_id"])
    op.create_index("submissions_by_time", "form_submissions", ["chatbot_id", "created_at"])
    _create(
        "webhooks",
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.UniqueConstraint("id", "service_id", "chatbot_id", name="webhook_in_chatbot"),
        _known("status", "active", "inactive"),
    )
    _create(
        "webhook_deliveries",
        sa.Column("webhook_id", models.base.BigId, nullable=False),
        sa.Column("submission_id", models.base.BigId, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer()),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        _below("webhooks", "webhook_id"),
        _below("form_submissions", "submission_id"),
        _known("state", "waiting", "delivered", "failed"),
    )
    op.create_index("ix_webhook_deliveries_webhook_id", "webhook_deliveries", ["webhook_id"])
    op.create_index("ix_webhook_deliveries_submission_id", "webhook_deliveries", ["submission_id"])
    op.create_index("deliveries_by_turn", "webhook_deliveries", ["state", "due_at"])


def downgrade() -> None:
    for name in ("webhook_deliveries", "webhooks", "form_submissions", "forms"):
        op.drop_table(name)
    op.drop_column("chat_sessions", "handed_over_at")
