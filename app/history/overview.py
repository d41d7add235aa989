"""Figures at a glance: what each chatbot has been asked, and how often it could answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import selectinload

from models import Chatbot, Message, Source, db
from models.base import now
from models.knowledge import UNFINISHED

DAYS = 30
MAX_CARDS = 60


@dataclass(frozen=True)
class Facts:
    """One chatbot's figures of the last 30 days, and the state of its sources.

    `n_today`: questions since midnight UTC. `n_untaken`: those that were read and are not answered from: switched off,
    or websites of which no page is taken.
    """

    n_questions: int = 0
    n_answered: int = 0
    n_sources: int = 0
    n_failed: int = 0
    n_moving: int = 0
    n_untaken: int = 0
    n_today: int = 0

    @property
    def answered_percent(self) -> int | None:
        return round(100 * self.n_answered / self.n_questions) if self.n_questions else None


@dataclass(frozen=True)
class Card:
    chatbot: Chatbot
    facts: Facts


def _answers(chatbot_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    since, midnight = now() - dt.timedelta(days=DAYS), now().replace(hour=0, minute=0, second=0, microsecond=0)
    answered = func.sum(case((Message.state.in_(("grounded", "curated")), 1), else_=0))
    today = func.sum(case((Message.timestamp >= midnight, 1), else_=0))
    query = (
        select(Message.chatbot_id, func.count(Message.id), answered, today)
        .where(Message.chatbot_id.in_(chatbot_ids), Message.type == "bot", Message.timestamp > since)
        .group_by(Message.chatbot_id)
    )
    return {row[0]: (row[1], int(row[2] or 0), int(row[3] or 0)) for row in db.session.execute(query)}


def _sources(chatbot_ids: list[int]) -> dict[int, tuple[int, int, int, int]]:
    failed = func.sum(case((Source.state == "failed", 1), else_=0))
    moving = func.sum(case((Source.state.in_(UNFINISHED), 1), else_=0))
    is_empty = (Source.kind == "website") & (func.coalesce(Source.n_pages, 0) == 0)
    is_untaken = (Source.state == "ready") & (is_empty | Source.allowed_training.is_(False))
    untaken = func.sum(case((is_untaken, 1), else_=0))
    query = (
        select(Source.chatbot_id, func.count(Source.id), failed, moving, untaken)
        .where(Source.chatbot_id.in_(chatbot_ids), Source.deleted_at.is_(None))
        .group_by(Source.chatbot_id)
    )
    return {row[0]: (row[1], int(row[2]), int(row[3]), int(row[4])) for row in db.session.execute(query)}


def _facts(chatbot_ids: list[int]) -> dict[int, Facts]:
    answers, sources = _answers(chatbot_ids), _sources(chatbot_ids)
    found = dict[int, Facts]()
    for i in chatbot_ids:
        n_questions, n_answered, n_today = answers.get(i, (0, 0, 0))
        found[i] = Facts(n_questions, n_answered, *sources.get(i, (0, 0, 0, 0)), n_today=n_today)
    return found


def chatbot_cards(workspace_ids: Collection[int]) -> list[Card]:
    """Return the youngest chatbots of some workspaces with their figures, in four queries however many there are."""
    query = select(Chatbot).where(Chatbot.status != "deleted", Chatbot.workspace_id.in_(workspace_ids))
    query = query.options(selectinload(Chatbot.workspace))
    chatbots = list(db.session.scalars(query.order_by(Chatbot.id.desc()).limit(MAX_CARDS)))
    facts = _facts([chatbot.id for chatbot in chatbots])
    return [Card(chatbot, facts[chatbot.id]) for chatbot in chatbots]


def card_of(chatbot: Chatbot) -> Card:
    return Card(chatbot, facts_of(chatbot))


def facts_of(chatbot: Chatbot) -> Facts:
    return _facts([chatbot.id])[chatbot.id]
