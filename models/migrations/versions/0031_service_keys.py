"""keys of the API, the workspaces that each opens, replies kept for repeated requests, and the key in the audit trail

Revision ID: 0031_keys
Revises: 0030_learning
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0031_keys"
down_revision = "0030_learning"
branch_labels = None
depends_on = None

_OF_A_KEY = (["key_id", "service_id"], ["service_keys.id", "service_keys.service_id"])


def _table(name: str, *parts: Any) -> None:
    service = sa.ForeignKey("services.id", ondelete="CASCADE")
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, service, nullable=False),
        *parts,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])


def _of_key() -> "sa.Column[Any]":
    return sa.Column("key_id", models.base.BigId, nullable=False)


def _keys() -> None:
    _table(
        "service_keys",
        sa.Column("uuid", sa.Uuid(as_uuid=True), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("rights", sa.String(8), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("maker_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("expired_at", models.base.UtcDateTime()),
        sa.Column("last_used_at", models.base.UtcDateTime()),
        sa.Column("revoked_at", models.base.UtcDateTime()),
        sa.UniqueConstraint("id", "service_id", name="key_in_service"),
        sa.UniqueConstraint("uuid"),
        sa.UniqueConstraint("token_hash"),
        sa.CheckConstraint("rights IN ('write', 'read', 'basics')", name="rights_known"),
    )
    op.create_index("ix_service_keys_maker_id", "service_keys", ["maker_id"])


def _places() -> None:
    workspace = (["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"])
    _table(
        "service_key_places",
        sa.Column("workspace_id", models.base.BigId, nullable=False),
        _of_key(),
        sa.ForeignKeyConstraint(*_OF_A_KEY, ondelete="CASCADE"),
        sa.ForeignKeyConstraint(*workspace, ondelete="CASCADE"),
        sa.UniqueConstraint("key_id", "workspace_id", name="one_place_per_workspace"),
    )
    op.create_index("ix_service_key_places_key_id", "service_key_places", ["key_id"])
    op.create_index("ix_service_key_places_workspace_id", "service_key_places", ["workspace_id"])


def upgrade() -> None:
    _keys()
    _places()
    _table(
        "api_replies",
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        _of_key(),
        sa.Column("idempotency_key", sa.String(64), nullable=False),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(*_OF_A_KEY, ondelete="CASCADE"),
        sa.UniqueConstraint("key_id", "idempotency_key", name="one_reply_per_request"),
    )
    op.add_column("audit_events", sa.Column("key_id", models.base.BigId))


def downgrade() -> None:
    op.drop_column("audit_events", "key_id")
    for name in ("api_replies", "service_key_places", "service_keys"):
        op.drop_table(name)
