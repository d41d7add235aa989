"""the audit trail says in which workspace, from which network, and as whom somebody acted

Revision ID: 0007_audit
Revises: 0006_one_holder
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0007_audit"
down_revision = "0006_one_holder"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("audit_events") as batch:
        batch.add_column(sa.Column("workspace_id", models.base.BigId))
        batch.add_column(sa.Column("acting_as_id", sa.Integer()))
        batch.add_column(sa.Column("label", sa.String(120), nullable=False, server_default=""))
        batch.add_column(sa.Column("network", sa.String(64), nullable=False, server_default=""))
        batch.create_foreign_key("acting_as", "ab_user", ["acting_as_id"], ["id"], ondelete="SET NULL")
        batch.create_index("ix_audit_events_workspace_id", ["workspace_id"])


def downgrade() -> None:
    with op.batch_alter_table("audit_events") as batch:
        batch.drop_index("ix_audit_events_workspace_id")
        batch.drop_constraint("acting_as", type_="foreignkey")
        for column in ("network", "label", "acting_as_id", "workspace_id"):
            batch.drop_column(column)
