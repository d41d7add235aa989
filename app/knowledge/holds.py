"""Why what is new may wait: a golden question got worse, or the owner went back to an older generation.

What is held back is built again by the next change, or, after going back, when the owner says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select

from app.knowledge import chatbots
from app.languages import in_english
from models import Chatbot, db

WORSE, ROLLBACK = "worse", "rollback"


@dataclass(frozen=True)
class Comparison:
    """How golden questions do with a new generation, beside how they did; see `models.Generation.golden`."""

    golden: list[dict[str, Any]] = field(default_factory=list)

    @property
    def got_worse(self) -> bool:
        return any(row["change"] == "worse" for row in self.golden)


Examine = Callable[[int, Path], Comparison]  # (the chatbot's id, the folder of the new generation)


def examine_nothing(_chatbot_id: int, _folder: Path) -> Comparison:
    return Comparison()


def is_wanted() -> ColumnElement[bool]:
    """Return the condition that a chatbot has changes that nothing holds back."""
    is_new = (Chatbot.changed_count > Chatbot.published_count) & (Chatbot.changed_count > Chatbot.held_count)
    return is_new & (Chatbot.held_for != ROLLBACK)


def holds_back(chatbot_id: int, comparison: Comparison) -> bool:
    """Tell whether the owner does not want a generation that came off so."""
    query = select(Chatbot.holds_worse, Chatbot.accepts_worse).where(Chatbot.id == chatbot_id)
    holds_worse, accepts_worse = db.session.execute(query).one()
    return comparison.got_worse and holds_worse and not accepts_worse


def values_of_hold(changed_count: int, comparison: Comparison) -> dict[str, object]:
    """Return what is noted of a generation that is held back."""
    return {
        "held_for": WORSE, "held_count": changed_count, "held_golden": comparison.golden, "training_status": "due",
    }  # fmt: skip


def values_of_release() -> dict[str, object]:
    """Return what is noted once a generation is published: nothing is held back."""
    return {"held_for": "", "held_golden": [], "accepts_worse": False}


def train(chatbot: Chatbot, *, accepts_worse: bool = False) -> None:
    """Have what is new built, whatever held it back; published though a question got worse if that is accepted.

    The caller commits and wakes a worker.
    """
    chatbot.held_for, chatbot.accepts_worse = "", accepts_worse
    db.session.flush()
    chatbots.mark_due(chatbot, in_english("published all the same") if accepts_worse else in_english("trained by hand"))
