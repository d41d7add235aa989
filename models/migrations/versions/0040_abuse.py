"""chatbots and people suspended for a reason; the terms, and who accepted which version

Revision ID: 0040_abuse
Revises: 0039_pages
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0040_abuse"
down_revision = "0039_pages"
branch_labels = None
depends_on = None

_BIG, _MOMENT = models.base.BigId, models.base.UtcDateTime()
_STOPPED = ("services", "chatbots", "ab_user")


def upgrade() -> None:
    for table in _STOPPED:
        op.add_column(table, sa.Column("suspended_at", _MOMENT))
    for table in _STOPPED[1:]:
        op.add_column(table, sa.Column("suspended_for", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "terms",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("version", sa.String(32), nullable=False, unique=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("withdrawn_at", _MOMENT),
        sa.Column("created_at", _MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "terms_acceptances",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("terms_id", _BIG, sa.ForeignKey("terms.id", ondelete="CASCADE"), nullable=False),
        sa.Column("accepted_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("user_id", "terms_id", name="one_acceptance_of_a_version"),
        sqlite_autoincrement=True,
    )
    for name in ("user_id", "terms_id"):
        op.create_index(f"ix_terms_acceptances_{name}", "terms_acceptances", [name])


def downgrade() -> None:
    op.drop_table("terms_acceptances")
    op.drop_table("terms")
    for table in _STOPPED[1:]:
        op.drop_column(table, "suspended_for")
    for table in _STOPPED:
        op.drop_column(table, "suspended_at")
