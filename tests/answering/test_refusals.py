"""The gate and what a refusal says: why, what could be asked instead, and where a person is reached."""

from __future__ import annotations

import pytest

from app import answering
from app.answering import golden
from app.answering.gate import THRESHOLDS
from app.knowledge import ingest, pairs, publish
from models import Chatbot, db
from tests.conftest import inside

ELSEWHERE = "Who won the football world cup in 1954?"
NEAR = "Can I pay the warranty in monthly installments?"


def test_a_refusal_explains_itself_with_the_evidence(bot):
    trace = answering.Trace()
    answer = bot.stream(ELSEWHERE, trace=trace)[-1][1]
    assert answer.state == "refused"
    assert trace.verdict.reason.startswith(
        f"Best match {trace.verdict.support:.2f}, needed 0.45; the words “won”, “football”"
    )
    assert "cup" in answer.evidence["missing"]


def test_an_answer_whose_words_were_all_found_says_so(bot):
    trace = answering.Trace()
    bot.stream("May unused goods be returned?", trace=trace)
    assert trace.verdict.reason.endswith("every word that says something was found.")


def test_the_stricter_a_chatbot_the_more_it_needs(bot):
    with bot.behaving(strictness="generous"):
        generous = bot.ask(NEAR)
    with bot.behaving(strictness="cautious"):
        cautious = bot.ask(NEAR)
    assert generous.evidence["support"] == cautious.evidence["support"]
    assert (generous.evidence["threshold"], cautious.evidence["threshold"]) == (0.25, 0.70)
    assert THRESHOLDS["generous"] < THRESHOLDS["balanced"] < THRESHOLDS["cautious"]


def test_a_refusal_offers_only_what_would_be_answered(bot):
    with bot.behaving(suggestions=["How long is the warranty?", "What is the capital of Australia?"]):
        offers = set()
        for _ in range(4):  # each refusal tries a few that it does not know yet
            answer = bot.ask(ELSEWHERE)
            offers |= set(answer.offers)
        assert "How long is the warranty?" in offers
        assert "What is the capital of Australia?" not in offers
        assert all(bot.ask(offer).state == "grounded" for offer in offers)


def test_what_lies_far_off_is_not_offered_headings_that_have_nothing_to_do_with_it(bot):
    with bot.behaving(suggestions=[]):
        assert [bot.ask(ELSEWHERE).offers for _ in range(3)] == [()] * 3
        assert any(bot.ask(NEAR).offers for _ in range(3))


@pytest.mark.parametrize(
    ("question", "words"),
    [(ELSEWHERE, "You reach a person here: help@acme.example"),
     ("Wer hat 1954 die Weltmeisterschaft gewonnen?", "Hier erreichen Sie einen Menschen: help@acme.example")],
)  # fmt: skip
def test_a_refusal_says_the_owners_sentence_and_where_a_person_is(bot, question, words):
    with bot.behaving(refusal="That is not for us to say.", contact="help@acme.example"):
        answer = bot.ask(question)
    assert answer.text == f"That is not for us to say.\n{words}"


def test_a_refusal_takes_no_longer_than_three_answers(bot):
    """Counted in embeddings, which are what takes the time."""
    counted = []
    embedder = bot.app.extensions["docent"].embedder
    query, batch = type(embedder).embed_query, type(embedder).embed_batch
    try:
        type(embedder).embed_query = lambda self, text: counted.append(1) or query(self, text)
        type(embedder).embed_batch = lambda self, texts: counted.append(len(texts)) or batch(self, texts)
        bot.ask("How long may unused goods be returned?")
        one_answer = sum(counted)
        for question in (
            ELSEWHERE,
            "",
            "😀",
            "\0\x07",
            "\u202eabc",
            "https://evil.example/x?y=1",
            "x " * 10_000,
            "?" * 3000,
            "'; DROP TABLE chunks; --",
            "**<b>[x](javascript:alert(1))</b>**",
            "Qual é a capital da Austrália?",
        ):
            counted.clear()
            assert bot.ask(question).state == "refused"
            assert sum(counted) <= 3 * one_answer, question
    finally:
        type(embedder).embed_query, type(embedder).embed_batch = query, batch


def test_a_refusal_offers_first_what_the_owner_has_answered_and_watches_over(app, bot):
    with inside(app):
        chatbot = db.session.get(Chatbot, bot.chatbot_id)
        source, _ = pairs.add(chatbot, [pairs.make_pair("Can I pay by invoice?", "Yes, companies can.")])
        golden.add(chatbot, "How long does the warranty last?", "", "two years")
        golden.add(chatbot, "Does the warranty cover jewelry from the moon?", "", "moon")
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(bot.chatbot_id)
    with bot.behaving(strictness="cautious"):
        answer = bot.ask("May astronauts pay by invoice for a warranty on their Mars rockets?")
    assert answer.state == "refused"
    assert answer.offers[:2] == ("Can I pay by invoice?", "How long does the warranty last?")
