"""Answering a cluster: the owner's own words for all the ways in which its question was asked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import update

from app.knowledge import pairs
from app.knowledge.pairs import MAX_QUESTION
from models import Chatbot, CuratedAnswer, QuestionCluster, Source
from models.base import change


def write(
    chatbot: Chatbot, cluster: QuestionCluster, question: str, answer: str, wordings: Iterable[str]
) -> tuple[Source, list[CuratedAnswer]]:
    """Keep an answer for a question and its other wordings; the cluster is asked again. The caller commits and wakes.

    Raises:
        SourceError: question or answer can't be kept, or there would be too many.
        QuotaExceeded: the plan has no room for one more source.
    """
    others = [words for words in wordings if len(words) <= MAX_QUESTION and words != question]
    kept = [pairs.make_pair(question, answer), *(pairs.make_pair(words, answer) for words in others)]
    source, rows = pairs.add(chatbot, kept)
    change(update(QuestionCluster).where(QuestionCluster.id == cluster.id).values(asked_generation_id=None))
    return source, rows
