"""What rows keep is English, and told to each reader in their language."""

from __future__ import annotations

import pytest

from app.languages import in_english, retold, speaking
from app.wording import browser, titled
from indexes.errors import KINDS


@pytest.fixture
def german(app):
    with app.app_context(), speaking("de"):
        yield


def test_a_kept_sentence_is_told_in_the_language_of_its_reader(german):
    assert retold(in_english("The webhook is switched off.")) == "Der Webhook ist ausgeschaltet."


def test_it_keeps_its_words(german):
    kept = in_english("%(host)s took too long to answer. Try again later.", host="shop.example.com")
    assert retold(kept) == "shop.example.com hat zu lange nicht geantwortet. Versuchen Sie es später noch einmal."


def test_a_sentence_inside_another_is_told_too(german):
    why = in_english("it holds a user name or password")
    kept = in_english("This address is not fetched: %(why)s. Use a public web address.", why=why)
    assert "Benutzernamen oder ein Passwort" in retold(kept)


def test_what_was_put_together_is_told_sentence_by_sentence(german):
    kept = f"{in_english('The webhook is switched off.')} {in_english('It was said by nobody before.')}"
    assert retold(kept) == "Der Webhook ist ausgeschaltet. It was said by nobody before."


@pytest.mark.parametrize("text", ["", "Ada wrote this herself, at 100 %.", "Shoes of shop.example.com, in red"])
def test_what_people_have_written_stays_as_it_is(german, text):
    assert retold(text) == text


@pytest.mark.parametrize("text", ["It is. " * 400, "x: in x days, x " * 1000], ids=["sentences", "nearly known"])
def test_a_long_text_of_a_website_holds_nobody_up(german, text):
    """However much of it looks like something that is said."""
    assert retold(text) == text


def test_english_stays_english(app):
    with app.app_context(), speaking("en"):
        assert retold("The webhook is switched off.") == "The webhook is switched off."


@pytest.mark.parametrize("kind", KINDS)
def test_why_a_file_could_not_be_read_is_told_in_german(german, kind):
    assert retold(KINDS[kind].happened) != KINDS[kind].happened
    assert retold(KINDS[kind].advice) != KINDS[kind].advice


@pytest.mark.parametrize(
    ("title", "called"),
    [
        ("Questions and answers", "Fragen und Antworten"),
        ("Talk to a person", "Mit einem Menschen sprechen"),
        ("Terms", "Terms"),
    ],
)
def test_what_we_have_named_ourselves_is_called_so_by_each_reader_and_nothing_else_is(german, title, called):
    assert titled(title) == called


@pytest.mark.parametrize(
    ("kept", "said"),
    [("Firefox on Linux", "Firefox unter Linux"), ("A program", "Ein Programm"), ("Safari", "Safari")],
)
def test_browsers_are_named_in_the_language_of_who_reads_of_them(german, kept, said):
    assert browser(kept) == said
