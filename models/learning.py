"""What can be learned from chats: questions that mean the same, and which of them found no good answer."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, UtcDateTime, index_where, one_of
from models.chatbots import Chatbot
from models.history import Message
from models.tenancy import ChatbotOwned, ChatOwned

TROUBLES = ("refused", "disliked")
OUTCOMES = ("answered", "unanswered")


class QuestionCluster(Table, HasUuid, ChatbotOwned, Timestamped):
    """Questions that mean the same. It holds none of their words: those stay with the chats, and go with them.

    `embedding` is that of the question that leads it, float16, (dimension,), unit length, made by `embedding_name`: its
    first one, so that what belonged together goes on doing so. Once that is erased, `leader_id` and both are empty,
    until the oldest question that is left leads. The counts are made anew from its questions.
    """

    __tablename__ = "question_clusters"
    embedding: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    embedding_name: Mapped[str] = mapped_column(String(120))
    leader_id: Mapped[int | None] = mapped_column(BigId)  # of asked_questions; no foreign key: each points at the other
    n_questions: Mapped[int] = mapped_column(default=0)
    n_troubled: Mapped[int] = mapped_column(default=0)  # refused or badly rated, ever
    n_open: Mapped[int] = mapped_column(default=0)  # and of these, not answered since
    last_asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    last_trouble_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ignored_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    ignored_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    asked_again_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    asked_generation_id: Mapped[int | None] = mapped_column(
        BigId
    )  # which one was asked; no foreign key: it may be gone
    chatbot: Mapped[Chatbot] = relationship()
    __table_args__ = (
        ForeignKeyConstraint(["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"),
        UniqueConstraint("id", "service_id", "chatbot_id", name="cluster_in_chatbot"),
        Index("clusters_by_size", "chatbot_id", "n_open"),
        index_where("clusters_without_leader", "chatbot_id", condition="leader_id IS NULL"),
        NEVER_REUSE_IDS,
    )


class AskedQuestion(Table, ChatOwned):
    """One question that was answered or refused, by its answer; `cluster_id` is empty until its meaning was looked at.

    `trouble`: why it stands in the inbox. `outcome`: what became of it when it was asked again.
    """

    __tablename__ = "asked_questions"
    message_id: Mapped[int] = mapped_column(BigId)  # of the answer
    cluster_id: Mapped[int | None] = mapped_column(BigId)
    asked_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    trouble: Mapped[str | None] = mapped_column(String(12))
    outcome: Mapped[str | None] = mapped_column(String(12))
    is_due: Mapped[bool | None] = mapped_column(default=True)  # None: the cluster's counts hold it as it is
    bot_message: Mapped[Message] = relationship()
    cluster: Mapped[QuestionCluster | None] = relationship(overlaps="bot_message")
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "service_id", "chatbot_id"],
            ["chat_history.id", "chat_history.service_id", "chat_history.chatbot_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["cluster_id", "service_id", "chatbot_id"],
            ["question_clusters.id", "question_clusters.service_id", "question_clusters.chatbot_id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("message_id", name="one_question_per_answer"),
        Index("asked_by_cluster", "cluster_id", "trouble", "asked_at"),
        index_where("asked_and_due", "is_due", condition="is_due IS NOT NULL"),
        one_of("trouble", *TROUBLES, nullable=True),
        one_of("outcome", *OUTCOMES, nullable=True),
        NEVER_REUSE_IDS,
    )
