"""Counting anew what is there: for figures that are doubted, or a database that was put together from others."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, select, update

from app.insights import counting
from app.insights.tally import hour_of
from models import Chatbot, ChatbotDay, ChatbotHour, ChatSession, Message, Submission, db, tenancy
from models.base import change


def rebuild(chatbot_id: int | None = None) -> int:
    """Forget the figures of one chatbot, or of all, since its oldest chat, and count again; return how many rows were.

    Older figures stay: what they were made of is gone. So do those of clusters, which only grow.
    """
    with tenancy.everything():
        chosen = select(Chatbot.id).order_by(Chatbot.id)
        ids = db.session.scalars(chosen if chatbot_id is None else chosen.where(Chatbot.id == chatbot_id))
        for one in list(ids):
            _forget(one)
        n_counted = 0
        while n_rows := counting.count_due():
            n_counted += n_rows
        return n_counted


def _forget(chatbot_id: int) -> None:
    """Take the figures back and mark the rows behind them as uncounted, in one transaction."""
    oldest = _oldest(chatbot_id)
    if oldest is None:
        return
    hours = ChatbotHour.chatbot_id == chatbot_id, ChatbotHour.hour >= hour_of(oldest)
    days = ChatbotDay.chatbot_id == chatbot_id, ChatbotDay.day >= oldest.date(), ChatbotDay.kind != "cluster"
    change(delete(ChatbotHour).where(*hours))
    change(delete(ChatbotDay).where(*days))
    change(update(Message).where(Message.chatbot_id == chatbot_id).values(uncounted=True, counted_as=None))
    change(update(ChatSession).where(ChatSession.chatbot_id == chatbot_id).values(uncounted=True))
    change(update(Submission).where(Submission.chatbot_id == chatbot_id).values(uncounted=True))
    db.session.commit()


def _oldest(chatbot_id: int) -> dt.datetime | None:
    said = db.session.scalar(select(func.min(Message.timestamp)).where(Message.chatbot_id == chatbot_id))
    entered = db.session.scalar(select(func.min(Submission.created_at)).where(Submission.chatbot_id == chatbot_id))
    return min(filter(None, (said, entered)), default=None)
