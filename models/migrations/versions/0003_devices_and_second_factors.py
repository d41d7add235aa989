"""devices, second factors, and links that prove a new address

Revision ID: 0003_devices
Revises: 0002_orders
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0003_devices"
down_revision = "0002_orders"
branch_labels = None
depends_on = None


def _owned_by_person(*, unique: bool = False) -> sa.Column[int]:
    person = sa.ForeignKey("ab_user.id", ondelete="CASCADE")
    return sa.Column("user_id", sa.Integer(), person, nullable=False, unique=unique)


def _id() -> sa.Column[int]:
    return sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True)


def upgrade() -> None:
    with op.batch_alter_table("user_verification") as batch:
        batch.add_column(sa.Column("email", sa.String(320)))
    op.create_table(
        "devices",
        _id(),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        _owned_by_person(),
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("network", sa.String(64), nullable=False),
        sa.Column("last_seen_at", models.base.UtcDateTime(), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_devices_user_id", "devices", ["user_id"])
    op.create_table(
        "second_factors",
        _id(),
        _owned_by_person(unique=True),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("confirmed_at", models.base.UtcDateTime()),
        sa.Column("last_step", models.base.BigId, nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "recovery_codes",
        _id(),
        _owned_by_person(),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column("used_at", models.base.UtcDateTime()),
        sa.UniqueConstraint("user_id", "code_hash", name="one_code_of_a_kind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])


def downgrade() -> None:
    for table in ("recovery_codes", "second_factors", "devices"):
        op.drop_table(table)
    with op.batch_alter_table("user_verification") as batch:
        batch.drop_column("email")
