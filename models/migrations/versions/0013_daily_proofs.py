"""proofs of domains that are looked for every day, claims, and subdomains

Revision ID: 0013_daily_proofs
Revises: 0012_names
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0013_daily_proofs"
down_revision = "0012_names"
branch_labels = None
depends_on = None

_COLUMNS = ("claimed_at", "n_failures", "failing_since", "due_at", "proven_by", "with_subdomains")


def upgrade() -> None:
    moment = models.base.UtcDateTime()
    op.add_column("domains", sa.Column("with_subdomains", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("domains", sa.Column("proven_by", sa.String(8)))
    op.add_column("domains", sa.Column("due_at", moment))
    op.add_column("domains", sa.Column("failing_since", moment))
    op.add_column("domains", sa.Column("n_failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("domains", sa.Column("claimed_at", moment))
    op.create_index("ix_domains_due_at", "domains", ["due_at"])
    op.execute(
        "UPDATE domains SET due_at = coalesce(last_checked, created_at) "
        "WHERE verified AND NOT internal AND domain NOT IN ('localhost', '127.0.0.1')"
    )


def downgrade() -> None:
    op.drop_index("ix_domains_due_at", "domains")
    for column in _COLUMNS:
        op.drop_column("domains", column)
