"""What an owner tells the chat model, version by version: nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from app.answering.presets import manner_of
from models import Chatbot, Instruction, db

N_SHOWN = 20


def list_versions(chatbot: Chatbot) -> Sequence[Instruction]:
    """Return the last versions, youngest first."""
    query = select(Instruction).where(Instruction.chatbot_id == chatbot.id)
    return db.session.scalars(query.order_by(Instruction.version.desc()).limit(N_SHOWN)).all()


def find_version(chatbot: Chatbot, instruction_id: int) -> Instruction | None:
    query = select(Instruction).where(Instruction.chatbot_id == chatbot.id, Instruction.id == instruction_id)
    return db.session.scalar(query)


def write(chatbot: Chatbot, text: str, author_id: int | None) -> None:
    """Make a text what a chatbot is told, as a new version if it is another than before. The caller commits."""
    text = text.replace("\r\n", "\n").strip()
    if text == manner_of(chatbot).instructions:
        return
    last = db.session.scalar(select(func.max(Instruction.version)).where(Instruction.chatbot_id == chatbot.id)) or 0
    db.session.add(
        Instruction(
            service_id=chatbot.service_id, chatbot_id=chatbot.id, version=last + 1, text=text, author_id=author_id
        )
    )
    chatbot.settings = {**(chatbot.settings or {}), "instructions": text}
