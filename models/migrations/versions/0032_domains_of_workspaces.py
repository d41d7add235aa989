"""websites kept to workspaces, one service for each host whatever the scheme, and a summary of every day

Revision ID: 0032_domains
Revises: 0031_keys
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0032_domains"
down_revision = "0031_keys"
branch_labels = None
depends_on = None

_HOLDS = sa.text("holds_host")
_FIRST_OF_EACH_HOST = sa.text(
    "UPDATE domains SET holds_host = true WHERE id IN (SELECT min(id) FROM domains WHERE verified AND NOT internal"
    " AND domain NOT IN ('localhost', '127.0.0.1') GROUP BY domain)"
)


def upgrade() -> None:
    op.add_column("embeds", sa.Column("tells_daily", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("domains", sa.Column("is_kept", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("domains", sa.Column("holds_host", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(_FIRST_OF_EACH_HOST)
    op.create_index(
        "one_service_of_a_host", "domains", ["domain"], unique=True, sqlite_where=_HOLDS, postgresql_where=_HOLDS
    )
    op.create_table(
        "domain_grants",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("workspace_id", models.base.BigId, nullable=False),
        sa.Column("domain_id", models.base.BigId, nullable=False),
        sa.ForeignKeyConstraint(
            ["domain_id", "service_id"], ["domains.id", "domains.service_id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id", "service_id"], ["workspaces.id", "workspaces.service_id"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("domain_id", "workspace_id", name="one_grant_per_workspace"),
        sqlite_autoincrement=True,
    )
    for column in ("service_id", "workspace_id", "domain_id"):
        op.create_index(f"ix_domain_grants_{column}", "domain_grants", [column])


def downgrade() -> None:
    op.drop_table("domain_grants")
    op.drop_index("one_service_of_a_host", "domains")
    op.drop_column("domains", "holds_host")
    op.drop_column("domains", "is_kept")
    op.drop_column("embeds", "tells_daily")
