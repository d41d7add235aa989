"""other wordings of questions that owners answer

Revision ID: 0036_wordings
Revises: 0035_languages
"""

import sqlalchemy as sa
from alembic import op

revision = "0036_wordings"
down_revision = "0035_languages"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OF_CHATBOT = ["service_id", "chatbot_id"]


def upgrade() -> None:
    with op.batch_alter_table("curated_answers", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.add_column(sa.Column("wording_of_id", _BIG, nullable=True))
        batch.create_unique_constraint("curated_in_chatbot", ["id", *_OF_CHATBOT])
    with op.batch_alter_table("curated_answers", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.create_foreign_key(
            "wording_in_chatbot",
            "curated_answers",
            ["wording_of_id", *_OF_CHATBOT],
            ["id", *_OF_CHATBOT],
            ondelete="CASCADE",
        )
    op.create_index("wordings_of_question", "curated_answers", ["wording_of_id"])


def downgrade() -> None:
    op.execute("DELETE FROM curated_answers WHERE wording_of_id IS NOT NULL")
    op.drop_index("wordings_of_question", "curated_answers")
    with op.batch_alter_table("curated_answers", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("wording_in_chatbot", type_="foreignkey")
        batch.drop_constraint("curated_in_chatbot", type_="unique")
        batch.drop_column("wording_of_id")
