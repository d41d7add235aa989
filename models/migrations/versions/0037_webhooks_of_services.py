"""webhooks of services and workspaces, and of exports by the clock; keys with a limit of their own; services on arrival

Webhooks and deliveries are copied into tables of the new shape: SQLite can't add foreign keys to one that is there.

Revision ID: 0037_reach
Revises: 0036_wordings
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0037_reach"
down_revision = "0036_wordings"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime()
_BELOW_CHATBOT = {
    "submission_id": "form_submissions", "session_id": "chat_sessions", "message_id": "chat_history",
    "source_id": "chatbot_data",
}
_INDEXED = ("service_id", "chatbot_id", "webhook_id", *_BELOW_CHATBOT)
_WEBHOOK = (
    "id, service_id, chatbot_id, uuid, created_at, url, events, sealed_secret, sealed_secret_before,"
    " secret_before_until, status, failing_since"
)
_DELIVERY = (
    "service_id, chatbot_id, uuid, created_at, webhook_id, event, submission_id, session_id, message_id, source_id,"
    " figures, state, attempts, status_code, error, due_at"
)
_EVENTS = ("session", "refused", "form", "handoff", "trained", "source_failed", "test")


def _one_of(column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _in(table: str, column: str, *more: str) -> sa.ForeignKeyConstraint:
    keys = ("service_id", *more)
    return sa.ForeignKeyConstraint(
        [column, *keys], [f"{table}.id", *(f"{table}.{key}" for key in keys)], ondelete="CASCADE"
    )


def _own(name: str, *more: Any) -> None:
    """Create a table of rows below a service."""
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        *more,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])


def _named(*, of_one_chatbot: bool) -> tuple[Any, ...]:
    return (
        sa.Column("chatbot_id", models.base.BigId, nullable=not of_one_chatbot),
        sa.Column("uuid", sa.Uuid(as_uuid=True), nullable=False, unique=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        _in("chatbots", "chatbot_id"),
    )


def _webhooks(*more: Any, of_one_chatbot: bool) -> None:
    _own(
        "webhooks",
        *_named(of_one_chatbot=of_one_chatbot),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("sealed_secret_before", sa.Text()),
        sa.Column("secret_before_until", _MOMENT),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("failing_since", _MOMENT),
        _one_of("status", ("active", "inactive")),
        *more,
    )
    op.create_index("ix_webhooks_chatbot_id", "webhooks", ["chatbot_id"])


def _deliveries(*more: Any, of_one_chatbot: bool, events: tuple[str, ...]) -> None:
    _own(
        "webhook_deliveries",
        *_named(of_one_chatbot=of_one_chatbot),
        sa.Column("webhook_id", models.base.BigId, nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        *(sa.Column(column, models.base.BigId) for column in _BELOW_CHATBOT),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status_code", sa.Integer()),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        *(_in(table, column, "chatbot_id") for column, table in _BELOW_CHATBOT.items()),
        _one_of("event", events),
        _one_of("state", ("waiting", "delivered", "failed")),
        *more,
    )
    op.create_index("deliveries_by_turn", "webhook_deliveries", ["state", "due_at"])
    for column in _INDEXED[1:]:
        op.create_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries", [column])


def _put_aside(*more_indexed: str) -> None:
    for name in ("deliveries_by_turn", *(f"ix_webhook_deliveries_{column}" for column in (*_INDEXED, *more_indexed))):
        op.drop_index(name, "webhook_deliveries")
    for column in ("service_id", "chatbot_id"):
        op.drop_index(f"ix_webhooks_{column}", "webhooks")
    op.rename_table("webhook_deliveries", "deliveries_before")
    op.rename_table("webhooks", "webhooks_before")


def _take_over(condition: str) -> None:
    op.execute(f"INSERT INTO webhooks ({_WEBHOOK}) SELECT {_WEBHOOK} FROM webhooks_before WHERE {condition} ORDER BY id")
    kept = f"{condition} AND webhook_id IN (SELECT id FROM webhooks)"
    op.execute(
        f"INSERT INTO webhook_deliveries ({_DELIVERY}) SELECT {_DELIVERY} FROM deliveries_before WHERE {kept} ORDER BY id"
    )
    op.drop_table("deliveries_before")
    op.drop_table("webhooks_before")
    if op.get_bind().dialect.name == "postgresql":  # SQLite counts on by itself
        op.execute(
            "SELECT setval(pg_get_serial_sequence('webhooks', 'id'), (SELECT coalesce(max(id), 0) FROM webhooks) + 1)"
        )


def upgrade() -> None:
    op.add_column("services", sa.Column("arriving_at", _MOMENT))
    op.add_column("service_keys", sa.Column("max_per_minute", sa.Integer()))
    op.create_index("export_in_service", "exports", ["id", "service_id"], unique=True)
    _put_aside()
    _webhooks(
        sa.Column("reach", sa.String(16), nullable=False, server_default="chatbot"),
        sa.UniqueConstraint("id", "service_id", name="webhook_in_service"),
        _one_of("reach", ("chatbot", "workspaces", "service")),
        sa.CheckConstraint("(reach = 'chatbot') = (chatbot_id IS NOT NULL)", name="chatbot_where_it_reaches_one"),
        of_one_chatbot=False,
    )
    _deliveries(
        sa.Column("export_id", models.base.BigId),
        _in("webhooks", "webhook_id"),
        _in("exports", "export_id"),
        of_one_chatbot=False,
        events=(*_EVENTS[:-1], "exported", "test"),
    )
    op.create_index("ix_webhook_deliveries_export_id", "webhook_deliveries", ["export_id"])
    _take_over("1 = 1")
    _own(
        "webhook_places",
        sa.Column("workspace_id", models.base.BigId, nullable=False),
        sa.Column("webhook_id", models.base.BigId, nullable=False),
        _in("webhooks", "webhook_id"),
        _in("workspaces", "workspace_id"),
        sa.UniqueConstraint("webhook_id", "workspace_id", name="one_place_of_a_webhook"),
    )
    for column in ("workspace_id", "webhook_id"):
        op.create_index(f"ix_webhook_places_{column}", "webhook_places", [column])
    _own(
        "export_listeners",
        sa.Column("schedule_id", models.base.BigId, nullable=False, unique=True),
        sa.Column("webhook_id", models.base.BigId, nullable=False),
        _in("export_schedules", "schedule_id"),
        _in("webhooks", "webhook_id"),
    )
    op.create_index("ix_export_listeners_webhook_id", "export_listeners", ["webhook_id"])


def downgrade() -> None:
    """Go back to webhooks of chatbots alone: those of services and workspaces are gone."""
    op.drop_table("export_listeners")
    op.drop_table("webhook_places")
    _put_aside("export_id")
    _webhooks(
        sa.UniqueConstraint("id", "service_id", "chatbot_id", name="webhook_in_chatbot"), of_one_chatbot=True
    )
    _deliveries(_in("webhooks", "webhook_id", "chatbot_id"), of_one_chatbot=True, events=_EVENTS)
    _take_over("chatbot_id IS NOT NULL")
    op.drop_index("export_in_service", "exports")
    op.drop_column("service_keys", "max_per_minute")
    op.drop_column("services", "arriving_at")
