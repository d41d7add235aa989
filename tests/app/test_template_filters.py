"""Moments, sizes and codes in words."""

from __future__ import annotations

import datetime as dt

import pytest

from app.languages import speaking
from app.template_filters import ago, locator_in_words, size_in_words
from app.wording import words
from models.base import now
from tests.conftest import inside
from views.source_state import seconds_in_words


@pytest.mark.parametrize(
    ("past", "said"),
    [(dt.timedelta(seconds=3), "just now"), (dt.timedelta(seconds=40), "40 seconds ago"),
     (dt.timedelta(minutes=1, seconds=5), "1 minute ago"), (dt.timedelta(hours=3, minutes=2), "3 hours ago"),
     (dt.timedelta(days=800), "2 years ago"), (dt.timedelta(days=-7, seconds=-60), "in 7 days")],
)  # fmt: skip
def test_a_moment_is_said_as_people_say_it(past, said):
    assert ago(now() - past) == said


def test_what_never_was_is_never():
    assert ago(None) == "never"


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [(0, "0 bytes"), (900, "900 bytes"), (64_000, "64 KB"), (3_440_000, "3.4 MB"), (100_000_000, "100 MB"), (7 * 10**12, "7000 GB")],
)  # fmt: skip
def test_a_size_has_a_unit(n_bytes, said):
    assert size_in_words(n_bytes) == said


def test_a_code_reads_as_words():
    assert words("internal_assistant") == "Internal assistant"
    assert words("e-commerce") == "E-commerce"


def test_a_locator_names_page_slide_or_heading():
    assert locator_in_words({"page": 3}) == "page 3"
    assert locator_in_words({"sheet": "Prices", "row": 7}) == "sheet Prices, row 7"
    assert locator_in_words({}) == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0.0 s"), (0.0004, "1 ms"), (0.038, "38 ms"), (0.4, "0.4 s"), (12, "12 s"), (185, "3 min 5 s")],
)
def test_a_short_time_is_never_none(seconds, said):
    assert seconds_in_words(seconds) == said


def test_a_constant_is_said_in_the_language_of_each_reader(app):
    """Jinja would work it out once, for whoever came first."""
    template = app.jinja_env.from_string("{{ 120 | length_in_words }}")
    said = {}
    for language in ("en", "de"):
        with inside(app), speaking(language):
            said[language] = template.render()
    assert said == {"en": "2 minutes", "de": "2 Minuten"}
