"""names of deleted workspaces are free again, one rule for domains instead of two, messages by time

Revision ID: 0012_names
Revises: 0011_acting
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_names"
down_revision = "0011_acting"
branch_labels = None
depends_on = None

_LIVE = sa.text("deleted_at IS NULL")
_PLACE = [sa.text("scheme"), sa.text("domain"), sa.text("coalesce(port, 0)")]
_HELD = sa.text("verified AND NOT internal")
_COPIED = {"sqlite_autoincrement": True}


def _drop_indexes_of_domains() -> None:
    """SQLite drops a constraint by copying the table, and loses indexes over expressions on the way."""
    op.drop_index("one_domain_of_a_place", "domains")
    op.drop_index("one_holder_of_a_domain", "domains")


def _create_indexes_of_domains() -> None:
    op.create_index("one_holder_of_a_domain", "domains", _PLACE, unique=True, sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index("one_domain_of_a_place", "domains", [sa.text("service_id"), *_PLACE], unique=True)


def upgrade() -> None:
    with op.batch_alter_table("workspaces", table_kwargs=_COPIED) as batch_op:
        batch_op.drop_constraint("one_workspace_of_a_name", type_="unique")
    op.create_index("one_workspace_of_a_name", "workspaces", ["service_id", "name"], unique=True,
                    sqlite_where=_LIVE, postgresql_where=_LIVE)
    _drop_indexes_of_domains()
    with op.batch_alter_table("domains", table_kwargs=_COPIED) as batch_op:
        batch_op.drop_constraint("one_domain_per_service", type_="unique")
    _create_indexes_of_domains()
    op.create_index("messages_by_time", "chat_history", ["type", "timestamp"])


def downgrade() -> None:
    op.drop_index("messages_by_time", "chat_history")
    _drop_indexes_of_domains()
    with op.batch_alter_table("domains", table_kwargs=_COPIED) as batch_op:
        batch_op.create_unique_constraint("one_domain_per_service", ["service_id", "scheme", "domain", "port"])
    _create_indexes_of_domains()
    op.drop_index("one_workspace_of_a_name", "workspaces")
    op.execute("UPDATE workspaces SET name = substr(name, 1, 99) || ' #' || id WHERE deleted_at IS NOT NULL")
    with op.batch_alter_table("workspaces", table_kwargs=_COPIED) as batch_op:
        batch_op.create_unique_constraint("one_workspace_of_a_name", ["service_id", "name"])
