"""Chat models of chatbots: whose server, what it costs, what was spent; and what owners told them, by version."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKey, ForeignKeyConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import NEVER_REUSE_IDS, BigId, Table, Timestamped
from models.chatbots import Chatbot
from models.members import Member
from models.tenancy import ChatbotOwned


def _below_chatbot() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"
    )


class ChatModel(Table, ChatbotOwned, Timestamped):
    """A chatbot's own chat model; empty `base_url`: the installation's. Budgets in millionths, None: no limit."""

    __tablename__ = "chat_models"
    base_url: Mapped[str] = mapped_column(Text, default="")
    model: Mapped[str] = mapped_column(String(120), default="")
    sealed_key: Mapped[str] = mapped_column(Text, default="")  # see app/sealing.py
    is_off: Mapped[bool] = mapped_column(default=False)  # the documents' own words alone
    monthly_budget: Mapped[int | None] = mapped_column(BigId)
    chatbot: Mapped[Chatbot] = relationship()
    __table_args__ = (
        _below_chatbot(), UniqueConstraint("chatbot_id", name="one_chat_model_per_chatbot"), NEVER_REUSE_IDS,
    )  # fmt: skip


class Instruction(Table, ChatbotOwned, Timestamped):
    """One version of what an owner told the chat model."""

    __tablename__ = "instructions"
    version: Mapped[int] = mapped_column()
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id", ondelete="SET NULL"))
    author: Mapped[Member | None] = relationship()
    __table_args__ = (
        _below_chatbot(),
        UniqueConstraint("chatbot_id", "version", name="one_instruction_per_version"),
        NEVER_REUSE_IDS,
    )


class ModelPrice(Table, Timestamped):
    """What a million tokens of a model cost from a day on, in millionths of the installation's currency."""

    __tablename__ = "model_prices"
    model: Mapped[str] = mapped_column(String(120))
    valid_from: Mapped[dt.date] = mapped_column(Date, default=dt.date.today)
    input_price: Mapped[int] = mapped_column(BigId)
    output_price: Mapped[int] = mapped_column(BigId)
    __table_args__ = (UniqueConstraint("model", "valid_from", name="one_price_per_day"), NEVER_REUSE_IDS)

    def __str__(self) -> str:
        return self.model


class ModelSpending(Table, ChatbotOwned):
    """What a chatbot's chat models cost in a month ("2026-11"), in millionths. It outlives erased chats."""

    __tablename__ = "model_spending"
    month: Mapped[str] = mapped_column(String(7))
    amount: Mapped[int] = mapped_column(BigId, default=0)
    __table_args__ = (
        _below_chatbot(), UniqueConstraint("chatbot_id", "month", name="one_spending_per_month"), NEVER_REUSE_IDS,
    )  # fmt: skip
