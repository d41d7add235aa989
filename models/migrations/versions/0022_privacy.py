"""what is kept of a visitor, how long chats are kept, holds on them, and erasures

Revision ID: 0022_privacy
Revises: 0021_health
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0022_privacy"
down_revision = "0021_health"
branch_labels = None
depends_on = None


def _table(name: str, *columns: "sa.Column[Any] | sa.Constraint", below_session: bool = False) -> None:
    above = ("chat_sessions", "session_id") if below_session else ("chatbots", "chatbot_id")
    keys = ([above[1], "service_id"], [f"{above[0]}.id", f"{above[0]}.service_id"])
    if below_session:
        keys = ([*keys[0], "chatbot_id"], [*keys[1], "chat_sessions.chatbot_id"])
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(*keys, ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_chatbot_id", name, ["chatbot_id"])


def _person(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL"))


def _count(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer(), nullable=False)


def upgrade() -> None:
    moment = models.base.UtcDateTime()
    op.add_column("chat_sessions", sa.Column("visitor_hash", sa.String(32)))
    op.add_column("chat_sessions", sa.Column("browser", sa.String(40), nullable=False, server_default=""))
    op.add_column("chatbots", sa.Column("chats_until", moment))
    _table(
        "retentions",
        sa.Column("days", sa.Integer()), sa.Column("next_days", sa.Integer()), sa.Column("next_at", moment),
        sa.UniqueConstraint("chatbot_id", name="one_retention"),
    )
    _table(
        "legal_holds",
        sa.Column("session_id", models.base.BigId, nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        _person("held_by_id"),
        sa.Column("wished_at", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.UniqueConstraint("session_id", name="one_hold_of_a_session"),
        below_session=True,
    )
    _table(
        "erasures",
        sa.Column("uuid", sa.Uuid(as_uuid=True), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("sought", sa.Text()),
        sa.Column("state", sa.String(16), nullable=False),
        _person("asked_by_id"),
        _count("n_sessions"), _count("n_messages"), _count("n_submissions"),
        sa.Column("finished_at", moment),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint("kind IN ('visitor', 'email', 'words', 'session', 'all', 'domain')", name="kind_known"),
        sa.CheckConstraint("state IN ('waiting', 'done')", name="state_known"),
    )


def downgrade() -> None:
    for table in ("erasures", "legal_holds", "retentions"):
        op.drop_table(table)
    op.drop_column("chatbots", "chats_until")
    op.drop_column("chat_sessions", "browser")
    op.drop_column("chat_sessions", "visitor_hash")
