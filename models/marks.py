"""What a team thinks of an answer: marks and notes, for nobody but the team."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, now, one_of
from models.members import Member
from models.tenancy import ChatOwned

MARKS = ("needs_review", "reviewed", "bad_answer", "good_example")


class MessageMark(Table, HasUuid, ChatOwned, Timestamped):
    """One person's mark on one message, with a note or none; `mark` may be empty where there is only a note."""

    __tablename__ = "message_marks"
    message_id: Mapped[int] = mapped_column(BigId)
    session_id: Mapped[int] = mapped_column(BigId, index=True)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    mark: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, default="")
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    author: Mapped[Member | None] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "service_id", "chatbot_id"],
            ["chat_history.id", "chat_history.service_id", "chat_history.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("message_id", "author_id", name="one_mark_of_a_person"),
        Index("marks_of_chatbot", "chatbot_id", "mark", "session_id"),
        one_of("mark", *MARKS, nullable=True),
        NEVER_REUSE_IDS,
    )
