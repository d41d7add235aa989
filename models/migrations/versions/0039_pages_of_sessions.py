"""sessions found by their page

Revision ID: 0039_pages
Revises: 0038_redactions
"""

import sqlalchemy as sa
from alembic import op

revision = "0039_pages"
down_revision = "0038_redactions"
branch_labels = None
depends_on = None

_MOST = 600  # characters, which an index of PostgreSQL holds in any script


def upgrade() -> None:
    sessions = sa.table("chat_sessions", sa.column("page"))
    too_long = sa.func.length(sessions.c.page) > _MOST
    op.execute(sa.update(sessions).where(too_long).values(page=sa.func.substr(sessions.c.page, 1, _MOST)))
    op.create_index("sessions_of_page", "chat_sessions", ["service_id", "page"])


def downgrade() -> None:
    op.drop_index("sessions_of_page", "chat_sessions")
