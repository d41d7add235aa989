"""Answering a cluster: the owner's own words for all the ways in which its question was asked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import update

from app.knowledge import pairs
from app.knowledge.pairs import MAX_QUESTION
from models import Chatbot, CuratedAnswer, QuestionCluster
from models.base import change


def write(
    chatbot: Chatbot, cluster: QuestionCluster, question: str, answer: str, wordings: Iterable[str]
) -> tuple[CuratedAnswer, int]:
    """Keep an answer for a question and its other wordings; the cluster is asked again. The caller commits and wakes.

    Returns:
        The question, and how many other wordings are kept with it.

    Raises:
        SourceError: question or answer can't be kept, there would be too many, or a wording has another answer.
        QuotaExceeded: the plan has no room for one more source.
    """
    others = [words for words in wordings if len(words) <= MAX_QUESTION]
    pair = pairs.make_pair(question, answer, others)
    _, (row,) = pairs.add(chatbot, [pair])
    change(update(QuestionCluster).where(QuestionCluster.id == cluster.id).values(asked_generation_id=None))
    return row, len(pair.wordings)
