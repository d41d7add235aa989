"""one holder of a website, also where it is on its usual port: an empty port is equal to no other in a unique index

Revision ID: 0006_one_holder
Revises: 0005_mails
"""

import sqlalchemy as sa
from alembic import op

revision = "0006_one_holder"
down_revision = "0005_mails"
branch_labels = None
depends_on = None

_PLACE = [sa.text("scheme"), sa.text("domain"), sa.text("coalesce(port, 0)")]
_HELD = sa.text("verified AND NOT internal")


def upgrade() -> None:
    op.drop_index("one_holder_of_a_domain", "domains")
    op.create_index("one_holder_of_a_domain", "domains", _PLACE, unique=True, sqlite_where=_HELD, postgresql_where=_HELD)
    op.create_index("one_domain_of_a_place", "domains", [sa.text("service_id"), *_PLACE], unique=True)


def downgrade() -> None:
    op.drop_index("one_domain_of_a_place", "domains")
    op.drop_index("one_holder_of_a_domain", "domains")
    old = ["scheme", "domain", "port"]
    op.create_index("one_holder_of_a_domain", "domains", old, unique=True, sqlite_where=_HELD, postgresql_where=_HELD)
