"""earlier chats redacted; who leads a cluster; chatbots of which nothing is left; figures of a year from an index alone

Revision ID: 0038_redactions
Revises: 0037_reach
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0038_redactions"
down_revision = "0037_reach"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime()
_OF_A_DAY = ["kind", "chatbot_id", "day"]
_OLDEST = """
    UPDATE question_clusters SET leader_id = (
        SELECT min(asked_questions.id) FROM asked_questions WHERE asked_questions.cluster_id = question_clusters.id
    )
"""


def upgrade() -> None:
    op.add_column("chatbots", sa.Column("purged_at", _MOMENT))
    op.add_column("question_clusters", sa.Column("leader_id", models.base.BigId))
    op.execute(sa.text(_OLDEST))
    _index("clusters_without_leader", "question_clusters", "leader_id IS NULL")
    op.drop_index("chatbot_days_by_kind", "chatbot_days")
    op.create_index("chatbot_days_by_kind", "chatbot_days", ["service_id", *_OF_A_DAY, "key", "n", "n_answered"])
    op.create_table("redactions", *_columns(), sqlite_autoincrement=True)
    for name in ("service_id", "chatbot_id"):
        op.create_index(f"ix_redactions_{name}", "redactions", [name])
    _index("one_redaction_at_a_time", "redactions", "state = 'waiting'", unique=True)


def downgrade() -> None:
    op.drop_table("redactions")
    op.drop_index("chatbot_days_by_kind", "chatbot_days")
    op.create_index("chatbot_days_by_kind", "chatbot_days", _OF_A_DAY)
    op.drop_index("clusters_without_leader", "question_clusters")
    op.drop_column("question_clusters", "leader_id")
    op.drop_column("chatbots", "purged_at")


def _index(name: str, table: str, condition: str, *, unique: bool = False) -> None:
    where = sa.text(condition)
    op.create_index(name, table, ["chatbot_id"], unique=unique, sqlite_where=where, postgresql_where=where)


def _columns() -> "list[sa.Column[Any] | sa.Constraint]":
    big, own = models.base.BigId, ["chatbots.id", "chatbots.service_id"]
    return [
        sa.Column("id", big, primary_key=True, autoincrement=True),
        sa.Column("service_id", big, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", big, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("until_id", big, nullable=False),
        sa.Column("seen_id", big, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("n_expected", "n_seen", "n_changed", "n_held")),
        sa.Column("finished_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["chatbot_id", "service_id"], own, ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('waiting', 'done')", name="state_known"),
    ]
