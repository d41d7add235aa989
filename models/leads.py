"""What visitors leave: the forms that owners design, and what was entered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, HasUuid, Table, Timestamped, index_where, one_of
from models.chatbots import Chatbot
from models.members import Member
from models.tenancy import ChatbotOwned, ChatOwned

SUBMISSION_STATES = ("new", "in_progress", "done")


def _below_chatbot() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
    )


class Form(Table, HasUuid, ChatbotOwned, Timestamped):
    """A short form of a chatbot. `fields` as app/leads/designs.py reads them; `notify` are ids of members."""

    __tablename__ = "forms"
    name: Mapped[str] = mapped_column(String(80))
    intro: Mapped[str] = mapped_column(Text, default="")
    thanks: Mapped[str] = mapped_column(Text, default="")
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    button: Mapped[str] = mapped_column(String(40), default="")  # empty: no button offers it
    after_refusal: Mapped[bool] = mapped_column(default=False)
    words: Mapped[list[str]] = mapped_column(JSON, default=list)  # of visitors, after which it is offered
    notify: Mapped[list[int]] = mapped_column(JSON, default=list)
    status: Mapped[str] = mapped_column(String(16), default="active")
    chatbot: Mapped[Chatbot] = relationship()
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("id", "service_id", "chatbot_id", name="form_in_chatbot"),
        one_of("status", "active", "inactive", "deleted"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return self.name


class Submission(Table, HasUuid, ChatOwned, Timestamped):
    """What one visitor entered, as it was asked: `answers` holds label, kind and value. It outlives its form and chat.

    `kind` handoff: a visitor wants to talk to a person.
    """

    __tablename__ = "form_submissions"
    form_id: Mapped[int | None] = mapped_column(BigId, index=True)
    session_id: Mapped[int | None] = mapped_column(BigId, index=True)
    kind: Mapped[str] = mapped_column(String(16), default="form")
    form_name: Mapped[str] = mapped_column(String(80))
    summary: Mapped[str] = mapped_column(String(200), default="")
    answers: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    page: Mapped[str] = mapped_column(Text, default="")
    uncounted: Mapped[bool | None] = mapped_column(default=True)  # None: the rollups hold it
    state: Mapped[str] = mapped_column(String(16), default="new")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    chatbot: Mapped[Chatbot] = relationship()
    assignee: Mapped[Member | None] = relationship()
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("id", "service_id", "chatbot_id", name="submission_in_chatbot"),
        one_of("state", *SUBMISSION_STATES),
        one_of("kind", "form", "handoff"),
        Index("submissions_by_time", "chatbot_id", "created_at"),
        index_where("submissions_uncounted", "id", condition="uncounted IS NOT NULL"),
        NEVER_REUSE_IDS,
    )

    def __str__(self) -> str:
        return f"{self.form_name}: {self.summary}" if self.summary else self.form_name
