"""Curated answers: questions with the answers that their owner wrote, served word for word."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime
from models.knowledge import Source
from models.tenancy import ChatbotOwned


class CuratedAnswer(Table, HasUuid, ChatbotOwned, Timestamped):
    """One question with its answer, of the chatbot's source of kind qa.

    `question_key` is the hash of the question in its plainest form. `embedding` is the question's, float16,
    (dimension,), unit length, made by `embedding_name`; none until the next training. A row with `wording_of_id` is
    another wording of that row's question: it has no answer of its own, and hits are counted there.
    """

    __tablename__ = "curated_answers"
    source_id: Mapped[int] = mapped_column(BigId)
    wording_of_id: Mapped[int | None] = mapped_column(BigId)
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    question_key: Mapped[str] = mapped_column(String(64))
    embedding: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    embedding_name: Mapped[str] = mapped_column(String(120), default="")
    n_hits: Mapped[int] = mapped_column(default=0)
    last_hit_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[Source] = relationship()
    wordings: Mapped[list[CuratedAnswer]] = relationship(
        primaryjoin="CuratedAnswer.id == foreign(CuratedAnswer.wording_of_id)",
        order_by="CuratedAnswer.id",
        viewonly=True,
    )
    __table_args__ = (
        ForeignKeyConstraint(
            ["source_id", "service_id", "chatbot_id"],
            ["chatbot_data.id", "chatbot_data.service_id", "chatbot_data.chatbot_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["wording_of_id", "service_id", "chatbot_id"],
            ["curated_answers.id", "curated_answers.service_id", "curated_answers.chatbot_id"],
            name="wording_in_chatbot",
            ondelete="CASCADE",
        ),
        UniqueConstraint("id", "service_id", "chatbot_id", name="curated_in_chatbot"),
        UniqueConstraint("source_id", "question_key", name="one_answer_per_question"),
        Index("wordings_of_question", "wording_of_id"),
        Index("curated_by_question", "chatbot_id", "question_key"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return self.question
