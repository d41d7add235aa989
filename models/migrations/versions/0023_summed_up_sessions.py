"""what a list of sessions shows, kept with each session; words to search for; marks and notes on messages

Revision ID: 0023_sessions
Revises: 0022_privacy
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

import models.base

revision = "0023_sessions"
down_revision = "0022_privacy"
branch_labels = None
depends_on = None

_MOMENT = models.base.UtcDateTime(timezone=True)
_COUNTS = (
    "n_questions", "n_grounded", "n_curated", "n_refused", "n_error", "n_positive", "n_neutral", "n_negative",
    "n_submissions",
)  # fmt: skip
_BATCH = 20_000
_SUM_UP = """
    UPDATE chat_sessions SET
      (n_questions, n_grounded, n_curated, n_refused, n_error, n_positive, n_neutral, n_negative, slowest_ms, cost) = (
        SELECT
          coalesce(sum(CASE WHEN type = 'client' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN state = 'grounded' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN state = 'curated' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN state = 'refused' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN state = 'error' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN feedback = 'positive' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN feedback = 'neutral' THEN 1 ELSE 0 END), 0),
          coalesce(sum(CASE WHEN feedback = 'negative' THEN 1 ELSE 0 END), 0),
          max(response_time), sum(cost)
        FROM chat_history WHERE chat_history.session_id = chat_sessions.id),
      n_submissions = (
        SELECT count(*) FROM form_submissions
        WHERE form_submissions.session_id = chat_sessions.id AND kind = 'form'),
      last_question = coalesce((
        SELECT substr(message, 1, 200) FROM chat_history
        WHERE chat_history.session_id = chat_sessions.id AND type = 'client' ORDER BY id DESC LIMIT 1), '')
    WHERE id > :after AND id <= :last
"""
_INDEXES = {
    "sessions_of_service": (["service_id", "started_at", "id", "chatbot_id"], ""),
    "sessions_of_chatbot": (["chatbot_id", "started_at", "id"], ""),
    "sessions_of_domain": (["domain_id", "started_at", "id"], ""),
    "sessions_with_errors": (["service_id", "started_at", "id"], "n_error > 0"),
    "sessions_disliked": (["service_id", "started_at", "id"], "n_negative > 0"),
    "sessions_with_submissions": (["service_id", "started_at", "id"], "n_submissions > 0"),
    "sessions_handed_over": (["service_id", "started_at", "id"], "handed_over_at IS NOT NULL"),
    "sessions_to_sum_up": (["summary_due_at"], "summary_due_at IS NOT NULL"),
}
# Triggers, so that words leave the index with their row, whatever deletes it. `words` is what the index was told.
_FTS = (
    "CREATE VIRTUAL TABLE session_words_fts USING fts5("
    "words, content='session_words', content_rowid='session_id', detail=none, tokenize='ascii')",
    "CREATE TRIGGER session_words_added AFTER INSERT ON session_words BEGIN"
    " INSERT INTO session_words_fts(rowid, words) VALUES (new.session_id, new.words); END",
    "CREATE TRIGGER session_words_deleted AFTER DELETE ON session_words BEGIN"
    " INSERT INTO session_words_fts(session_words_fts, rowid, words) VALUES ('delete', old.session_id, old.words); END",
    "CREATE TRIGGER session_words_changed AFTER UPDATE OF words ON session_words BEGIN"
    " INSERT INTO session_words_fts(session_words_fts, rowid, words) VALUES ('delete', old.session_id, old.words);"
    " INSERT INTO session_words_fts(rowid, words) VALUES (new.session_id, new.words); END",
)


def _add_columns() -> None:
    op.add_column("chat_sessions", sa.Column("language", sa.String(8), nullable=False, server_default=""))
    op.add_column("chat_sessions", sa.Column("last_question", sa.String(200), nullable=False, server_default=""))
    for name in _COUNTS:
        op.add_column("chat_sessions", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("chat_sessions", sa.Column("slowest_ms", sa.Integer()))
    op.add_column("chat_sessions", sa.Column("cost", models.base.BigId))
    op.add_column("chat_sessions", sa.Column("summary_due_at", _MOMENT))


def _sum_up() -> None:
    """Fill what can be counted here; words and languages are made by the application, which finds all of them due."""
    connection = op.get_bind()
    last = connection.scalar(sa.text("SELECT max(id) FROM chat_sessions")) or 0
    for after in range(0, last, _BATCH):
        connection.execute(sa.text(_SUM_UP), {"after": after, "last": after + _BATCH})
    connection.execute(sa.text("UPDATE chat_sessions SET summary_due_at = last_message_at WHERE n_questions > 0"))


def _below_chatbot(parent: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column, "service_id", "chatbot_id"],
        [f"{parent}.id", f"{parent}.service_id", f"{parent}.chatbot_id"],
        ondelete="CASCADE",
    )


def _create(name: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", models.base.BigId, primary_key=True, autoincrement=True),
        sa.Column("service_id", models.base.BigId, sa.ForeignKey("services.id", ondelete="CASCADE"), nullable=False),
        sa.Column("chatbot_id", models.base.BigId, nullable=False),
        sa.Column("session_id", models.base.BigId, nullable=False),
        *columns,
        sqlite_autoincrement=True,
    )
    op.create_index(f"ix_{name}_service_id", name, ["service_id"])
    op.create_index(f"ix_{name}_chatbot_id", name, ["chatbot_id"])


def _create_marks() -> None:
    _create(
        "message_marks",
        sa.Column("uuid", sa.Uuid(), nullable=False, unique=True),
        sa.Column("message_id", models.base.BigId, nullable=False),
        sa.Column("author_id", sa.Integer(), sa.ForeignKey("ab_user.id", ondelete="SET NULL")),
        sa.Column("mark", sa.String(16)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        _below_chatbot("chat_history", "message_id"),
        sa.UniqueConstraint("message_id", "author_id", name="one_mark_of_a_person"),
        sa.CheckConstraint(
            "mark IS NULL OR mark IN ('needs_review', 'reviewed', 'bad_answer', 'good_example')", name="mark_known"
        ),
    )
    op.create_index("ix_message_marks_session_id", "message_marks", ["session_id"])
    op.create_index("marks_of_chatbot", "message_marks", ["chatbot_id", "mark", "session_id"])


def _create_words() -> None:
    words = sa.Text().with_variant(TSVECTOR(), "postgresql")
    _create(
        "session_words",
        sa.Column("words", words, nullable=False),
        _below_chatbot("chat_sessions", "session_id"),
        sa.UniqueConstraint("session_id", name="one_row_of_words"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("session_words_by_word", "session_words", ["words"], postgresql_using="gin")
        return
    for statement in _FTS:
        op.execute(statement)


def upgrade() -> None:
    _add_columns()
    _sum_up()
    for name, (columns, condition) in _INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, "chat_sessions", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("messages_of_service", "chat_history", ["service_id", "timestamp", "id"])
    op.create_index("messages_of_chatbot", "chat_history", ["chatbot_id", "timestamp", "id"])
    _create_marks()
    _create_words()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE session_words_fts")
    op.drop_table("session_words")
    op.drop_table("message_marks")
    op.drop_index("messages_of_chatbot", "chat_history")
    op.drop_index("messages_of_service", "chat_history")
    for name in _INDEXES:
        op.drop_index(name, "chat_sessions")
    for name in (*_COUNTS, "language", "last_question", "slowest_ms", "cost", "summary_due_at"):
        op.drop_column("chat_sessions", name)
