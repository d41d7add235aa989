"""A chatbot's state in one line."""

from __future__ import annotations

import pytest

from app.history.overview import Facts
from models import Chatbot
from views.chatbot_state import describe


@pytest.mark.parametrize(
    ("status", "training", "facts", "word", "sentence"),
    [
        ("enabled", "empty", Facts(), "empty", "It knows nothing yet."),
        ("enabled", "empty", Facts(n_sources=1, n_failed=1), "empty", "It knows nothing yet."),
        ("enabled", "empty", Facts(n_sources=1, n_untaken=1), "empty", "It knows nothing yet."),
        ("enabled", "ready", Facts(n_sources=2, n_untaken=1), "ready", "Answers from 1 of 2 sources."),
        ("enabled", "due", Facts(n_sources=3, n_moving=1), "training", "Reading 1 source of 3."),
        (
            "enabled",
            "due",
            Facts(n_sources=3),
            "training",
            "Learning what is new; the present answers stay until then.",
        ),
        ("enabled", "ready", Facts(n_sources=1), "ready", "Answers from 1 source."),
        ("enabled", "ready", Facts(n_sources=3, n_failed=1), "ready", "Answers from 2 of 3 sources."),
        (
            "enabled",
            "failed",
            Facts(n_sources=3),
            "failed",
            "The last training failed; it answers from what it knew before.",
        ),
        ("disabled", "ready", Facts(n_sources=3), "disabled", "It is switched off and answers nobody."),
    ],
)
def test_it_says_what_somebody_wants_to_know_first(status, training, facts, word, sentence):
    state = describe(Chatbot(status=status, training_status=training), facts)
    assert (state.word, state.sentence) == (word, sentence)
    assert state.is_moving == (word == "training")
