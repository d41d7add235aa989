"""exports that are prepared as files, exports by the clock, and an index of answers that are being made

Revision ID: 0033_exports
Revises: 0032_domains
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0033_exports"
down_revision = "0032_domains"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime(timezone=True)
_PENDING = sa.text("finish = 'pending'")


def _known(column: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=f"{column}_known")


def _create(name: str, *further: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("member_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("per", sa.String(8), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        *further,
        _known("per", "message", "session"),
        _known("format", "csv", "xlsx", "jsonl"),
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_member_id", name, ["member_id"])


def upgrade() -> None:
    _create(
        "export_schedules",
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("error", sa.String(500), nullable=False),
        sa.UniqueConstraint("id", "service_id", name="schedule_in_service"),
        _known("every", "daily", "weekly"),
        _known("status", "active", "paused"),
    )
    op.create_index("schedules_by_turn", "export_schedules", ["status", "due_at"])
    _create(
        "exports",
        sa.Column("schedule_id", models.base.BigId),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("n_expected", sa.Integer()),
        sa.Column("size_bytes", models.base.BigId),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("heartbeat_at", _MOMENT),
        sa.Column("error", sa.String(500), nullable=False),
        sa.Column("workspace_ids", sa.JSON(), nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.ForeignKeyConstraint(
            ["schedule_id", "service_id"], ["export_schedules.id", "export_schedules.service_id"], ondelete="CASCADE"
        ),
        _known("state", "waiting", "writing", "ready", "failed", "expired"),
    )
    op.create_index("ix_exports_schedule_id", "exports", ["schedule_id"])
    op.create_index("ix_exports_expires_at", "exports", ["expires_at"])
    op.create_index("exports_by_turn", "exports", ["state", "heartbeat_at"])
    op.create_index("answers_under_way", "chat_history", ["id"], sqlite_where=_PENDING, postgresql_where=_PENDING)


def downgrade() -> None:
    op.drop_index("answers_under_way", "chat_history")
    op.drop_table("exports")
    op.drop_table("export_schedules")
