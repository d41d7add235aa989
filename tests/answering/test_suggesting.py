"""First questions of a chatbot come from its documents, each tried, and never against its owner's will."""

from __future__ import annotations

import io

import pytest

from app.answering.release import release
from app.knowledge import ingest, sources
from models import Chatbot, db
from tests.conftest import inside, make_customer

GUIDE = "\n\n".join(
    f"# {title}\n\n{text}"
    for title, text in (
        ("How long may goods be returned?", "Goods may be returned within 30 days of delivery, and we pay for it."),
        ("Delivery times", "Delivery takes three days within the country and a week to all other places."),
        ("Opening hours of the shop", "The shop is open from nine in the morning to six in the evening."),
        ("Gift cards", "Gift cards are good for three years and can be used in the shop and on the website."),
    )
)


@pytest.fixture
def learn(app):
    """Make a chatbot with some settings, let it read a text, and return its settings afterwards."""

    def learn(text, settings=None, name="guide.md", place=None):
        place = place or make_customer(app, "ada")
        with inside(app):
            chatbot = db.session.get(Chatbot, place.chatbot_id)
            chatbot.settings = settings or chatbot.settings or {}
            source = sources.add_file(chatbot, name, io.BytesIO(text.encode()))
            db.session.commit()
            assert ingest.ingest(source.id).status == "ready"
            release(place.chatbot_id)
            db.session.expire_all()
            return db.session.get(Chatbot, place.chatbot_id).settings

    return learn


def test_what_sections_are_called_is_suggested_and_a_question_comes_first(learn):
    suggested = learn(GUIDE)["suggestions"]
    assert suggested[0] == "How long may goods be returned?"
    assert len(suggested) == 3


def test_titles_of_a_text_without_headings_are_found(learn):
    plain = GUIDE.replace("# ", "").replace(
        "three years", "three years, counted from the day on which they were bought,"
    )
    assert "Gift cards" in learn(plain, name="guide.txt")["suggestions"]


def test_an_owner_s_own_questions_stay(learn):
    assert learn(GUIDE, {"suggestions": ["Where are you?"]})["suggestions"] == ["Where are you?"]


def test_an_owner_who_cleared_them_is_not_given_new_ones(app, learn):
    place = make_customer(app, "ada")
    learn(GUIDE, place=place)
    cleared = {"has_suggested": True, "look": {"accent": "#112233"}}
    assert "suggestions" not in learn("# Parking\n\nCars are parked behind the shop.", cleared, "more.md", place)
