"""How a visitor's identity is proven: the key with which the owner's server signs who somebody is."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_REUSE_IDS, Table, Timestamped, UtcDateTime
from models.tenancy import ChatbotOwned


class IdentityKey(Table, ChatbotOwned, Timestamped):
    """A chatbot's key, sealed; the one before counts for a day after it was replaced at `replaced_at`."""

    __tablename__ = "identity_keys"
    sealed_secret: Mapped[str] = mapped_column(Text)
    secret_before: Mapped[str | None] = mapped_column(Text)
    replaced_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    __table_args__ = (
        ForeignKeyConstraint(["chatbot_id", "service_id"], ["chatbots.id", "chatbots.service_id"], ondelete="CASCADE"),
        UniqueConstraint("chatbot_id", name="one_identity_key"),
        NEVER_REUSE_IDS,
    )
