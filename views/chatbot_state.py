"""A chatbot's state in one line of words."""

from __future__ import annotations

from dataclasses import dataclass

from app.history.overview import Facts
from app.template_filters import ago
from models import Chatbot


@dataclass(frozen=True)
class State:
    """`word` is a badge's; `is_moving` means that the line changes soon by itself."""

    word: str
    sentence: str
    is_moving: bool = False


_HELD = {
    "worse": "A new version is held back: a golden question would get worse.",
    "rollback": "It answers from an older version; what is new waits until you train it.",
}


def count_in_words(n: int, noun: str) -> str:
    """Return "1 page" or "2 pages"."""
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _describe_knowledge(chatbot: Chatbot, facts: Facts) -> State:
    trained = f", trained {ago(chatbot.last_trained)}" if chatbot.last_trained else ""
    n_read = facts.n_sources - facts.n_failed - facts.n_untaken
    if chatbot.training_status == "failed":
        return State("failed", "The last training failed; it answers from what it knew before.")
    if n_read < facts.n_sources:
        return State("ready", f"Answers from {n_read} of {count_in_words(facts.n_sources, 'source')}{trained}.")
    return State("ready", f"Answers from {count_in_words(n_read, 'source')}{trained}.")


def describe(chatbot: Chatbot, facts: Facts) -> State:
    """Return what somebody who opens a chatbot's page wants to know first."""
    if facts.n_moving:
        return State(
            "training", f"Reading {count_in_words(facts.n_moving, 'source')} of {facts.n_sources}.", is_moving=True
        )
    if chatbot.held_for and chatbot.training_status != "training":
        return State("held back", _HELD[chatbot.held_for])
    if chatbot.training_status in ("due", "training"):
        return State("training", "Learning what is new; the present answers stay until then.", is_moving=True)
    if chatbot.status == "disabled":
        return State("disabled", "It is switched off and answers nobody.")
    if facts.n_sources == facts.n_failed + facts.n_untaken:
        return State("empty", "It knows nothing yet.")
    return _describe_knowledge(chatbot, facts)
