"""How far the work on a chatbot's knowledge is, in a few bytes: a page that is told of a change asks what it is."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from models import Chatbot, Source, Website, db
from models.knowledge import UNFINISHED


@dataclass(frozen=True)
class Mark:
    """`text` differs whenever something on the pages of a chatbot's knowledge does; `is_moving`: more will come."""

    text: str
    is_moving: bool


def read(chatbot: Chatbot) -> Mark:
    """Return where all sources of a chatbot stand, in two queries, however many there are."""
    moving = func.sum(case((Source.state.in_(UNFINISHED), 1), else_=0))
    failed = func.sum(case((Source.state == "failed", 1), else_=0))
    figures = (moving, failed, func.count(Source.id), func.sum(Source.progress), func.sum(Source.n_chunks),
               func.max(Source.taken_at), func.max(Source.finished_at), func.max(Source.published_at))  # fmt: skip
    sources = db.session.execute(
        select(*figures).where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None))
    ).one()
    pages = select(func.sum(Website.n_requests), func.max(Website.ended_at)).where(Website.chatbot_id == chatbot.id)
    own = (chatbot.training_status, chatbot.version, chatbot.generation_id, chatbot.held_for, chatbot.changed_count)
    is_due = chatbot.training_status == "training" or (chatbot.training_status == "due" and not chatbot.held_for)
    told = (*own, *sources, *db.session.execute(pages).one())
    return Mark("|".join(str(part) for part in told), bool(sources[0]) or is_due)
