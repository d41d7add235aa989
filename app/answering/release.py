"""Publishing with a look at the golden questions first, and first questions for visitors."""

from __future__ import annotations

from pathlib import Path

from app import figures
from app.answering import golden, suggesting
from app.knowledge import publish
from app.knowledge.holds import Comparison, Examine
from app.knowledge.publish import Published


def examine(chatbot_id: int, folder: Path) -> Comparison:
    """Ask golden questions of a new generation, and find first questions in it."""
    found = golden.examine(chatbot_id, folder)
    suggesting.suggest(chatbot_id, folder)  # before anybody can ask: who waits for the training sees them at once
    return found


def release(chatbot_id: int, examine: Examine = examine, *, vector_engine: str | None = None) -> Published | None:
    """Build, examine and publish what a chatbot knows now; see `publish.publish`. None also when it is held back."""
    with figures.timed(figures.TRAININGS, figures.TRAINING_TIMES) as outcome:
        published = publish.publish(chatbot_id, examine, vector_engine=vector_engine)
        outcome.append(_outcome_of(published))
    return published


def _outcome_of(published: Published | None) -> str:
    if published is None:
        return "none"
    return "published" if published.generation else "empty"
