"""orders, notices, and what kind of period a service has

Revision ID: 0002_orders
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

import models.base

revision = "0002_orders"
down_revision = "0001"
branch_labels = None
depends_on = None

_PERIODS = sa.table(
    "user_service_subscribed",
    sa.column("kind", sa.String),
    sa.column("anchor_at", models.base.UtcDateTime()),
    sa.column("subscription_date", models.base.UtcDateTime()),
    sa.column("expired_at", models.base.UtcDateTime()),
    sa.column("plan_id", sa.Integer),
)
_PLANS = sa.table("plans", sa.column("id", sa.Integer), sa.column("price", sa.Integer))


def _add_kind() -> None:
    with op.batch_alter_table("user_service_subscribed") as batch:
        batch.add_column(sa.Column("kind", sa.String(8), nullable=False, server_default="free"))
        batch.add_column(sa.Column("anchor_at", models.base.UtcDateTime(), nullable=True))
        batch.create_check_constraint("kind_known", "kind IN ('free', 'trial', 'paid')")
        batch.create_unique_constraint("period_in_service", ["id", "service_id"])
    op.execute(_PERIODS.update().values(anchor_at=_PERIODS.c.subscription_date))
    costs = sa.select(_PLANS.c.id).where(_PLANS.c.price > 0)
    paid = _PERIODS.update().where(_PERIODS.c.plan_id.in_(costs))
    op.execute(paid.where(_PERIODS.c.expired_at.is_(None)).values(kind="paid"))
    op.execute(paid.where(_PERIODS.c.expired_at.is_not(None)).values(kind="trial"))


def _add_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("user_id", sa.Integer(), sa.ForeignKey("ab_user.id"), nullable=False),
        sa.Column("plan_id", models.base.BigId, sa.ForeignKey("plans.id"), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("is_renewal", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("decided_at", models.base.UtcDateTime()),
        sa.Column("starts_at", models.base.UtcDateTime()),
        sa.Column("ends_at", models.base.UtcDateTime()),
        sa.Column("anchor_at", models.base.UtcDateTime()),
        sa.Column("period_id", models.base.BigId),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'activated', 'rejected')", name="status_known"),
        sa.ForeignKeyConstraint(
            ["period_id", "service_id"], ["user_service_subscribed.id", "user_service_subscribed.service_id"]
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_orders_service_id", "orders", ["service_id"])
    op.create_index("ix_orders_user_id", "orders", ["user_id"])
    pending = sa.text("status = 'pending'")
    op.create_index(
        "one_pending_order", "orders", ["service_id"], unique=True, sqlite_where=pending, postgresql_where=pending
    )


def _add_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String(48), nullable=False),
        sa.Column("occasion", sa.String(64), nullable=False),
        sa.Column("created_at", models.base.UtcDateTime(), nullable=False),
        sa.UniqueConstraint("service_id", "kind", "occasion", name="one_notice_per_occasion"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_service_id", "notices", ["service_id"])


def upgrade() -> None:
    _add_kind()
    _add_orders()
    _add_notices()


def downgrade() -> None:
    op.drop_table("notices")
    op.drop_table("orders")
    with op.batch_alter_table("user_service_subscribed") as batch:
        batch.drop_constraint("kind_known", type_="check")
        batch.drop_constraint("period_in_service", type_="unique")
        batch.drop_column("anchor_at")
        batch.drop_column("kind")
