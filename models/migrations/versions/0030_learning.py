"""rollups of chats, and questions clustered by meaning

Revision ID: 0030_learning
Revises: 0023_sessions
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0030_learning"
down_revision = "0023_sessions"
branch_labels = None
depends_on = None

_BIG = models.base.BigId
_COUNTED = (
    "n_sessions", "n_visitors", "n_questions", "n_grounded", "n_curated", "n_refused", "n_error", "n_positive",
    "n_neutral", "n_negative", "n_submissions", "n_handoffs",
)  # fmt: skip


def _counts(*names: str) -> "list[sa.Column[Any]]":
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = True) -> "sa.Column[Any]":
    return sa.Column(name, models.base.UtcDateTime(), nullable=nullable)


def _table(name: str, *parts: Any, parent: tuple[str, str] = ("chatbots", "chatbot_id")) -> None:
    """Make a table whose rows belong to a chatbot, or to what belongs to one."""
    table, column = parent
    is_chatbot = table == "chatbots"
    names = ["chatbot_id", "service_id"] if is_chatbot else [column, "service_id", "chatbot_id"]
    targets = ["id", "service_id"] if is_chatbot else ["id", "service_id", "chatbot_id"]
    op.create_table(
        name,
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("service_id", _BIG, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", _BIG, nullable=False),
        *parts,
        sa.ForeignKeyConstraint(names, [f"{table}.{target}" for target in targets], ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_chatbot_id", name, ["chatbot_id"])


def _index_where(name: str, table: str, *columns: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, list(columns), sqlite_where=where, postgresql_where=where)


def _mark_rows() -> None:
    """Mark what is counted from now on; all that is there is not counted yet."""
    for table in ("chat_sessions", "chat_history", "form_submissions"):
        op.add_column(table, sa.Column("uncounted", sa.Boolean(), server_default=sa.true()))
    op.add_column("chat_history", sa.Column("counted_as", sa.String(16)))
    _index_where("messages_uncounted", "chat_history", "id", condition="uncounted IS NOT NULL")
    _index_where("submissions_uncounted", "form_submissions", "id", condition="uncounted IS NOT NULL")
    columns = "visitor_hash", "chatbot_id"
    _index_where("sessions_by_visitor", "chat_sessions", *columns, condition="visitor_hash IS NOT NULL")


def _add_rollups() -> None:
    _table(
        "chatbot_hours", sa.Column("hour", sa.Integer(), nullable=False), *_counts(*_COUNTED),
        sa.Column("cost", _BIG, nullable=False),
        sa.UniqueConstraint("chatbot_id", "hour", name="one_row_per_chatbot_and_hour"),
    )
    _table(
        "chatbot_days", sa.Column("day", sa.Date(), nullable=False), sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("key", sa.String(300), nullable=False), *_counts("n", "n_answered"),
        sa.CheckConstraint("kind IN ('page', 'domain', 'language', 'document', 'cluster', 'response')", name="kind_known"),
        sa.UniqueConstraint("chatbot_id", "kind", "day", "key", name="one_row_per_part_and_day"),
    )
    op.create_index("chatbot_days_by_kind", "chatbot_days", ["kind", "chatbot_id", "day"])


def _add_clusters() -> None:
    _table(
        "question_clusters", sa.Column("uuid", sa.Uuid(), nullable=False, unique=True), _moment("created_at", nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=False), sa.Column("embedding_name", sa.String(120), nullable=False),
        *_counts("n_questions", "n_troubled", "n_open"), _moment("last_asked_at", nullable=False),
        _moment("last_trouble_at"), _moment("ignored_at"),
        sa.Column("ignored_by_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        _moment("asked_again_at"), sa.Column("asked_generation_id", _BIG),
        sa.UniqueConstraint("id", "service_id", "chatbot_id", name="cluster_in_chatbot"),
    )
    op.create_index("clusters_by_size", "question_clusters", ["chatbot_id", "n_open"])
    _table(
        "asked_questions", sa.Column("message_id", _BIG, nullable=False), sa.Column("cluster_id", _BIG),
        _moment("asked_at", nullable=False), sa.Column("trouble", sa.String(12)), sa.Column("outcome", sa.String(12)), sa.Column("is_due", sa.Boolean()),
        sa.CheckConstraint("trouble IS NULL OR trouble IN ('refused', 'disliked')", name="trouble_known"),
        sa.CheckConstraint("outcome IS NULL OR outcome IN ('answered', 'unanswered')", name="outcome_known"),
        sa.ForeignKeyConstraint(
            ["cluster_id", "service_id", "chatbot_id"],
            ["question_clusters.id", "question_clusters.service_id", "question_clusters.chatbot_id"], ondelete="CASCADE",
        ),
        sa.UniqueConstraint("message_id", name="one_question_per_answer"),
        parent=("chat_history", "message_id"),
    )
    op.create_index("asked_by_cluster", "asked_questions", ["cluster_id", "trouble", "asked_at"])
    _index_where("asked_and_due", "asked_questions", "is_due", condition="is_due IS NOT NULL")


def upgrade() -> None:
    _mark_rows()
    _add_rollups()
    _add_clusters()


def downgrade() -> None:
    for table in ("asked_questions", "question_clusters", "chatbot_days", "chatbot_hours"):
        op.drop_table(table)
    op.drop_index("sessions_by_visitor", "chat_sessions")
    op.drop_index("submissions_uncounted", "form_submissions")
    op.drop_index("messages_uncounted", "chat_history")
    op.drop_column("chat_history", "counted_as")
    for table in ("form_submissions", "chat_history", "chat_sessions"):
        op.drop_column(table, "uncounted")
