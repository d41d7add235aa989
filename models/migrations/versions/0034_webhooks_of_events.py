"""webhooks that choose what they are told of, renew their secret and are switched off; deliveries of any event

Deliveries are copied into a table of the new shape: SQLite can't add foreign keys to one that is there.

Revision ID: 0034_webhooks
Revises: 0033_exports
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0034_webhooks"
down_revision = "0033_exports"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime()
_INDEXED = ("service_id", "chatbot_id", "webhook_id", "submission_id")
_ABOUT = {
    "submission_id": "form_submissions", "session_id": "chat_sessions", "message_id": "chat_history",
    "source_id": "chatbot_data",
}
_KEPT = (
    "service_id, chatbot_id, uuid, created_at, webhook_id, submission_id, state, attempts, status_code, error, due_at"
)


def _below(table: str, column: str) -> sa.ForeignKeyConstraint:
    keys = [f"{table}.{name}" for name in ("id", "service_id", "chatbot_id")]
    return sa.ForeignKeyConstraint([column, "service_id", "chatbot_id"], keys, ondelete="CASCADE")


def _deliveries(*more: Any) -> None:
    service = sa.ForeignKey("services.id", ondelete="CASCADE")
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, service, nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("uuid", sa.Uuid(as_uuid=True), nullable=False, unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("webhook_id", models.base.BigId, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer()),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"),
        _below("webhooks", "webhook_id"),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name="state_known"),
        *more,
        sqlite_autoincrement=True,
    )


def _put_aside() -> None:
    op.drop_index("deliveries_by_turn", "webhook_deliveries")
    for column in _INDEXED:
        op.drop_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries")
    op.rename_table("webhook_deliveries", "deliveries_before")


def _index(*columns: str) -> None:
    for column in columns:
        op.create_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries", [column])
    op.create_index("deliveries_by_turn", "webhook_deliveries", ["state", "due_at"])


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("events", sa.JSON(), nullable=False, server_default=json.dumps(["form", "handoff"])))
    op.add_column("webhooks", sa.Column("sealed_secret_before", sa.Text()))
    op.add_column("webhooks", sa.Column("secret_before_until", _MOMENT))
    op.add_column("webhooks", sa.Column("failing_since", _MOMENT))
    _put_aside()
    words = "'session', 'refused', 'form', 'handoff', 'trained', 'source_failed', 'test'"
    _deliveries(
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        *(sa.Column(column, models.base.BigId) for column in _ABOUT),
        *(_below(table, column) for column, table in _ABOUT.items()),
        sa.CheckConstraint(f"event IN ({words})", name="event_known"),
    )
    kind = "(SELECT kind FROM form_submissions WHERE form_submissions.id = submission_id)"
    op.execute(
        f"INSERT INTO webhook_deliveries ({_KEPT}, event, figures) SELECT {_KEPT}, {kind}, '{{}}' "
        "FROM deliveries_before ORDER BY id"
    )
    op.drop_table("deliveries_before")
    _index("service_id", "chatbot_id", "webhook_id", *_ABOUT)


def downgrade() -> None:
    op.drop_index("deliveries_by_turn", "webhook_deliveries")
    for column in (*_INDEXED, "session_id", "message_id", "source_id"):
        op.drop_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries")
    op.rename_table("webhook_deliveries", "deliveries_before")
    _deliveries(
        sa.Column("submission_id", models.base.BigId, nullable=False), _below("form_submissions", "submission_id")
    )
    op.execute(
        f"INSERT INTO webhook_deliveries ({_KEPT}) SELECT {_KEPT} FROM deliveries_before "
        "WHERE submission_id IS NOT NULL ORDER BY id"
    )
    op.drop_table("deliveries_before")
    _index(*_INDEXED)
    for column in ("failing_since", "secret_before_until", "sealed_secret_before", "events"):
        op.drop_column("webhooks", column)
