"""A source's state in one line of words, and its stages."""

from __future__ import annotations

from babel.numbers import format_decimal

from app.knowledge import sources
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext, present
from models import Source
from views.chatbot_state import State
from views.website_state import HELD_UP, describe_held_up, word_of

_STAGES = {
    "queued": _l("Waiting for its turn."),
    "fetching": _l("Its bytes are fetched."),
    "parsing": _l("Its text is taken out."),
    "embedding": _l("What it means is worked out, chunk by chunk."),
}
A_MINUTE, A_TENTH = 60, 0.1


def describe(source: Source) -> State:
    """Return what somebody who opens a source's page wants to know first."""
    word = word_of(source)
    if sources.is_moving(source):
        return describe_held_up() if word == HELD_UP else State(word, str(_STAGES[source.state]), is_moving=True)
    if source.state == "failed":
        if source.n_chunks:
            return State(word, _("It could not be read. Answers use what it said before."))
        return State(word, _("It could not be read."))
    if not source.allowed_training:
        return State(word, _("It was read, and no answer is taken from it."))
    if source.published_at is None:
        is_near = source.chatbot.training_status in ("due", "training")
        return State(word, _("It was read. Answers use it from the next training on."), is_moving=is_near)
    return State(word, ngettext("Answers use its %(num)s chunk.", "Answers use its %(num)s chunks.", source.n_chunks))


def seconds_in_words(seconds: float) -> str:
    """Return how long something took: "38 ms", "0.4 s", "12 s", "3 min 5 s"."""
    if 0 < seconds < A_TENTH:  # it would be none
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 10:  # noqa: PLR2004
        return f"{format_decimal(seconds, '0.0', locale=present())} s"
    minutes, rest = divmod(round(seconds), A_MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
