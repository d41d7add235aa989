"""Questions whose answers are known, put to a chatbot as it answers now."""

from __future__ import annotations

from collections.abc import Iterable

from app import answering
from app.answering.answer import REFUSED
from app.answering.scoring import DEPTH, Known, Tally, first_relevant, holds
from models import Chatbot, db


def evaluate(chatbot: Chatbot, questions: Iterable[Known]) -> Tally:
    """Search and ask, as visitors do, and keep score."""
    tally = Tally()
    for known in questions:
        _ask(chatbot, known, tally)
    return tally


def _ask(chatbot: Chatbot, known: Known, tally: Tally) -> None:
    if known.is_answerable:
        hits = [(hit.document, hit.text) for hit in answering.search(chatbot, known.question, k=DEPTH)]
        tally.ranks.append(first_relevant(known, hits))
        db.session.rollback()
    answer = answering.answer(chatbot, known.question)
    tally.times_ms.append(answer.response_ms)
    is_refused = answer.state == REFUSED
    if known.is_answerable:
        tally.kept.append(not is_refused)
        tally.is_in_text.append(not is_refused and holds(answer.text, known.answers))
    else:
        tally.refused.setdefault(known.kind or "unanswerable", []).append(is_refused)
