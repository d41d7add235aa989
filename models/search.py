"""What full-text search of chats reads: the words of each session, without order, and an index over them.

PostgreSQL keeps them as a tsvector with a GIN index; SQLite as text, with an FTS5 table that triggers keep in step.
Both go with their session by the database's own hand, whatever deletes it.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, MetaData, Text, UniqueConstraint
from sqlalchemy import Table as CoreTable
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSE_IDS, BigId, Table
from models.tenancy import ChatOwned


class SessionWords(Table, ChatOwned):
    """The words that were said in one session, each once: made from its messages, and never shown."""

    __tablename__ = "session_words"
    session_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[str] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))
    __table_args__ = (
        ForeignKeyConstraint(
            ["session_id", "service_id", "chatbot_id"],
            ["chat_sessions.id", "chat_sessions.service_id", "chat_sessions.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("session_id", name="one_row_of_words"),
        Index("session_words_by_word", "words", postgresql_using="gin").ddl_if(dialect="postgresql"),
        NEVER_REUSE_IDS,
    )


# SQLite's own index: its row ids are those of sessions, and the column called like itself is what MATCH takes.
fts = CoreTable(
    "session_words_fts", MetaData(), Column("rowid", Integer, primary_key=True), Column("session_words_fts", Text)
)
