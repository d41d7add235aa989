"""A source's state in one line of words, and its stages."""

from __future__ import annotations

from app.knowledge import sources
from models import Source
from views.chatbot_state import State, count_in_words
from views.website_state import word_of

_STAGES = {
    "queued": "Waiting for its turn.",
    "fetching": "Its bytes are fetched.",
    "parsing": "Its text is taken out.",
    "embedding": "What it means is worked out, chunk by chunk.",
}
A_MINUTE, A_TENTH = 60, 0.1


def describe(source: Source) -> State:
    """Return what somebody who opens a source's page wants to know first."""
    word = word_of(source)
    if sources.is_moving(source):
        return State(word, _STAGES[source.state], is_moving=True)
    if source.state == "failed":
        return State(word, "It could not be read." + (" Answers use what it said before." if source.n_chunks else ""))
    if not source.allowed_training:
        return State(word, "It was read, and no answer is taken from it.")
    if source.published_at is None:
        is_near = source.chatbot.training_status in ("due", "training")
        return State(word, "It was read. Answers use it from the next training on.", is_moving=is_near)
    return State(word, f"Answers use its {count_in_words(source.n_chunks, 'chunk')}.")


def seconds_in_words(seconds: float) -> str:
    """Return how long something took: "38 ms", "0.4 s", "12 s", "3 min 5 s"."""
    if 0 < seconds < A_TENTH:  # it would be none
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 10:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), A_MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
