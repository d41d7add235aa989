"""The 15 types of chatbots: each says and does something of its own, and an owner may change it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.answering.manner import AUDIENCES, MAX_INSTRUCTIONS_CHARS, STRICTNESS
from app.answering.presets import EMERGENCY, PRESETS, change, manner_of, reset
from app.languages import speaking
from app.leads.presets import PRESETS as FORMS
from models import Chatbot, Document, db
from models.base import now
from models.chatbots import CHATBOT_TYPES
from tests.answering.conftest import teach
from tests.conftest import inside, make_customer
from tests.widget.conftest import make_place, visitor

MEDICINE = """# Medicines

## Paracetamol

Adults take 500 mg of paracetamol every six hours. Paracetamol eases pain and fever.

## Ibuprofen

Ibuprofen eases pain and swelling. Adults ask a pharmacist how to take it.

## Fever

A fever is a temperature above 38 degrees. Drink enough and rest.
"""


@pytest.fixture(scope="module")
def nurse(app, bot):
    teach(app, bot.chatbot_id, medicine=MEDICINE)
    return bot


def test_every_type_has_a_whole_preset_of_its_own():
    assert set(PRESETS) == set(CHATBOT_TYPES)
    for preset in PRESETS.values():
        assert all((preset.greeting, preset.tone, preset.instructions, preset.refusal, preset.closed, preset.quota))
        assert len(preset.suggestions) == len(set(preset.suggestions)) == 4
        assert len(preset.instructions) <= MAX_INSTRUCTIONS_CHARS
        assert preset.strictness in STRICTNESS
        assert preset.audience in AUDIENCES
    assert len({preset.greeting for preset in PRESETS.values()}) == 15
    assert len({preset.instructions for preset in PRESETS.values()}) == 15


# type, the form that it offers, who may use it, how sure it must be
TYPES = """
sales               Contact                     everyone   balanced
support             Support request             everyone   balanced
onboarding          -                           everyone   balanced
feedback            Feedback                    everyone   generous
booking             Booking                     everyone   balanced
e-commerce          Question about an order     everyone   balanced
internal_assistant  -                           members    cautious
knowledge_base      -                           everyone   cautious
marketing           Contact                     everyone   generous
event               Registration                everyone   balanced
education           -                           everyone   balanced
healthcare          -                           everyone   cautious
entertainment       -                           everyone   generous
news                -                           everyone   balanced
custom              -                           everyone   balanced
"""


@pytest.mark.parametrize("row", TYPES.strip().splitlines(), ids=lambda row: row.split()[0])
def test_each_type_offers_its_form_to_those_who_may_use_it(row):
    name, form, audience, strictness = re.split(r" {2,}", row)
    offered = FORMS[name].name if name in FORMS else "-"
    assert (offered, PRESETS[name].audience, PRESETS[name].strictness) == (form, audience, strictness)


def test_the_form_of_feedback_has_a_rating_and_a_reason():
    assert [question.kind for question in FORMS["feedback"].questions] == ["rating", "long"]


def test_an_owner_changes_a_preset_and_comes_back_to_it(app, bot):
    with bot.behaving(greeting="Ahoy!", strictness="cautious", theme={"mode": "dark"}), inside(app):
        chatbot = db.session.get(Chatbot, bot.chatbot_id)
        assert (manner_of(chatbot).greeting, manner_of(chatbot).strictness) == ("Ahoy!", "cautious")
        reset(chatbot)
        assert manner_of(chatbot) == PRESETS[chatbot.type]
        assert chatbot.settings == {"theme": {"mode": "dark"}}
        db.session.rollback()


def test_what_nobody_has_changed_is_said_in_the_language_of_each_reader(app, bot):
    with inside(app):
        chatbot = db.session.get(Chatbot, bot.chatbot_id)
        for name, preset in PRESETS.items():
            chatbot.type = name
            german = manner_of(chatbot, "de")
            for told in ("greeting", "tone", "instructions", "refusal", "closed", "quota"):
                assert getattr(german, told) != getattr(preset, told), (name, told)
            assert len(set(german.suggestions) - set(preset.suggestions)) == 4
            assert (german.strictness, german.audience) == (preset.strictness, preset.audience)
            assert manner_of(chatbot, "en") == replace(preset, contact=german.contact)
        db.session.rollback()


def test_what_is_entered_as_the_type_says_it_stays_the_type_s(app, bot):
    """Whoever saves the form in German has made no chatbot that speaks German alone."""
    with inside(app):
        chatbot = db.session.get(Chatbot, bot.chatbot_id)
        with speaking("de"):
            shown = manner_of(chatbot)
            entered = {"greeting": shown.greeting, "suggestions": list(shown.suggestions), "refusal": "Leider nein."}
            change(chatbot, entered)
        assert (manner_of(chatbot).greeting, manner_of(chatbot).refusal) == (
            PRESETS[chatbot.type].greeting,
            "Leider nein.",
        )
        assert manner_of(chatbot).suggestions == PRESETS[chatbot.type].suggestions
        db.session.rollback()


@pytest.mark.parametrize(
    ("question", "said"),
    [("Who won the football world cup in 1954?", "I found nothing"), ("Wer hat die Fußball-WM 1954 gewonnen?", "Dazu habe ich")],
)  # fmt: skip
def test_a_refusal_is_said_in_the_language_of_the_question(bot, question, said):
    answer = bot.ask(question)
    assert (answer.state, answer.text[: len(said)]) == ("refused", said)


def test_healthcare_shows_its_notice_with_every_answer(nurse):
    with nurse.behaving("healthcare", notice=""):
        for question in ("hello", "When is it a fever?", "Who won the football world cup in 1954?"):
            assert nurse.ask(question).text.endswith(EMERGENCY), question


@pytest.mark.parametrize(
    ("question", "state"),
    [("How much paracetamol do adults take?", "grounded"), ("What is the dose of ibuprofen for adults?", "refused"),
     ("Do I have a fever?", "refused"), ("Is it cancer?", "refused"), ("What eases pain and swelling?", "grounded")],
)  # fmt: skip
def test_healthcare_gives_no_diagnosis_and_no_dose_that_no_document_states(nurse, question, state):
    with nurse.behaving("healthcare", strictness="generous"):
        assert nurse.ask(question).state == state


def test_an_internal_assistant_is_served_to_no_visitor_whatever_its_settings_say(app, cid):
    customer = make_customer(app, "cid")
    place = make_place(app, customer)
    with inside(app):
        chatbot = db.session.get(Chatbot, customer.chatbot_id)
        chatbot.type, chatbot.settings = "internal_assistant", {"audience": "everyone"}
        db.session.commit()
    opened = visitor(app).post(
        f"/api/widget/v1/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin}
    )
    assert (opened.status_code, opened.json["error"]["code"]) == (403, "chatbot_disabled")


def test_a_chatbot_for_members_alone_is_served_to_no_visitor(app, cid):
    place = make_place(app, cid)
    with inside(app):
        db.session.get(Chatbot, cid.chatbot_id).settings = {"audience": "members"}
        db.session.commit()
    opened = visitor(app).post(
        f"/api/widget/v1/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin}
    )
    assert opened.status_code == 403


def test_news_prefer_what_was_reported_last(app, bot):
    teach(
        app, bot.chatbot_id, yesterday="# Council\n\nThe council meets in the red hall on Monday.\n",
        today="# Council\n\nThe council meets in the blue hall on Monday.\n",
    )  # fmt: skip
    for old, new in (("yesterday", "today"), ("today", "yesterday")):
        with inside(app):
            for name, age in ((old, 90), (new, 0)):
                document = db.session.scalars(
                    select(Document).where(Document.name == f"{name}.md", Document.live)
                ).one()
                document.created_at = now() - dt.timedelta(days=age)
            db.session.commit()
        with bot.behaving("news"):
            citation = bot.ask("In which hall does the council meet?").citations[0]
        assert citation.title == "Council"
        assert ("blue" if new == "today" else "red") in citation.quote


def test_education_ends_with_a_question_that_leads_on(bot):
    with bot.behaving("education"):
        answer = bot.ask("How long may unused goods be returned?")
    last = answer.text.rpartition("\n\n")[2]
    assert last.startswith("Shall we go on with “")
    assert "Returns" not in last


def test_feedback_asks_for_a_rating_and_a_reason(bot):
    with bot.behaving("feedback"):
        answer = bot.ask("Who won the football world cup in 1954?")
    assert "from 1 to 5, and what is the reason?" in answer.text


def test_a_knowledge_base_quotes_at_length(bot):
    question = "How long may unused goods be returned?"
    with bot.behaving("custom"):
        short = bot.ask(question).citations[0].quote
    with bot.behaving("knowledge_base", strictness="balanced"):
        long = bot.ask(question).citations[0].quote
    assert short in long
    assert "The refund is paid to the card" in long
