"""embeds with limits of their own, when and where they were seen last, and what is counted of them

Revision ID: 0021_health
Revises: 0020_versions
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0021_health"
down_revision = "0020_versions"
branch_labels = None
depends_on = None

_COLUMNS = ("last_seen_page", "last_seen_at", "tells_refusals", "max_questions_a_day", "max_questions_a_minute")


def _table(name: str, *columns: "sa.Column[Any]", once_per: tuple[str, ...], called: str) -> None:
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("embed_id", models.base.BigId, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["embed_id", "service_id", "chatbot_id"], ["embeds.id", "embeds.service_id", "embeds.chatbot_id"],
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("embed_id", "day", *once_per, name=called),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_chatbot_id", name, ["chatbot_id"])


def upgrade() -> None:
    op.add_column("embeds", sa.Column("max_questions_a_minute", sa.Integer()))
    op.add_column("embeds", sa.Column("max_questions_a_day", sa.Integer()))
    op.add_column("embeds", sa.Column("tells_refusals", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("embeds", sa.Column("last_seen_at", models.base.UtcDateTime()))
    op.add_column("embeds", sa.Column("last_seen_page", sa.Text(), nullable=False, server_default=""))
    op.create_index("embed_in_chatbot", "embeds", ["id", "service_id", "chatbot_id"], unique=True)
    loads = sa.Column("n_loads", sa.Integer(), nullable=False)
    _table("embed_days", loads, once_per=(), called="one_row_per_embed_and_day")
    _table(
        "embed_refusals",
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("origin", sa.String(300), nullable=False),
        sa.Column("n_refused", sa.Integer(), nullable=False),
        sa.Column("last_at", models.base.UtcDateTime(), nullable=False),
        once_per=("reason", "origin"), called="one_row_per_refusal_and_day",
    )
    op.create_index("ix_embed_refusals_day", "embed_refusals", ["day"])


def downgrade() -> None:
    op.drop_table("embed_refusals")
    op.drop_table("embed_days")
    op.drop_index("embed_in_chatbot", "embeds")
    for column in _COLUMNS:
        op.drop_column("embeds", column)
