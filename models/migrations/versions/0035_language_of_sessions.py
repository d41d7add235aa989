"""sessions found by their language, and slow ones without reading each

Revision ID: 0035_languages
Revises: 0034_webhooks
"""

from alembic import op

revision = "0035_languages"
down_revision = "0034_webhooks"
branch_labels = None
depends_on = None

_OF_SERVICE = ["service_id", "started_at", "id", "chatbot_id"]


def upgrade() -> None:
    op.drop_index("sessions_of_service", "chat_sessions")
    op.create_index("sessions_of_service", "chat_sessions", [*_OF_SERVICE, "slowest_ms"])
    op.create_index("sessions_of_language", "chat_sessions", ["service_id", "language", "started_at", "id"])


def downgrade() -> None:
    op.drop_index("sessions_of_language", "chat_sessions")
    op.drop_index("sessions_of_service", "chat_sessions")
    op.create_index("sessions_of_service", "chat_sessions", _OF_SERVICE)
