"""chat models of chatbots, prices, spending, and versions of instructions

Revision ID: 0019_models
Revises: 0018_leads
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0019_models"
down_revision = "0018_leads"
branch_labels = None
depends_on = None

_COSTS = ("cost", "input_price", "output_price")


def _below_chatbot(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{table}_service_id", table, ["service_id"])
    op.create_index(f"ix_{table}_chatbot_id", table, ["chatbot_id"])


def upgrade() -> None:
    _below_chatbot(
        "chat_models",
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("is_off", sa.Boolean(), nullable=False),
        sa.Column("monthly_budget", models.base.BigId, nullable=True),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("chatbot_id", name="one_chat_model_per_chatbot"),
    )
    _below_chatbot(
        "instructions",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL"), nullable=True),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("chatbot_id", "version", name="one_instruction_per_version"),
    )
    _below_chatbot(
        "model_spending",
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("amount", models.base.BigId, nullable=False),
        sa.UniqueConstraint("chatbot_id", "month", name="one_spending_per_month"),
    )
    op.create_table(
        "model_prices",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("model", sa.String(120), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("input_price", models.base.BigId, nullable=False),
        sa.Column("output_price", models.base.BigId, nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("model", "valid_from", name="one_price_per_day"),
        sqlite_autoincrement=True,
    )
    op.add_column("services", sa.Column("model_budget", models.base.BigId, nullable=True))
    for name in _COSTS:
        op.add_column("chat_history", sa.Column(name, models.base.BigId, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("chat_history") as batch:
        for name in _COSTS:
            batch.drop_column(name)
    with op.batch_alter_table("services") as batch:
        batch.drop_column("model_budget")
    for table in ("model_prices", "model_spending", "instructions", "chat_models"):
        op.drop_table(table)
