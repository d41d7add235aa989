"""Greetings, thanks, farewells, "who are you", "talk to a human": answered without the documents, in any language."""

from __future__ import annotations

import json

import pytest

from app.answering.languages import LANGUAGES
from app.answering.smalltalk import KINDS, recognize
from app.answering.smalltalk_phrases import PHRASES, REPLIES
from app.knowledge import pairs
from models import Chatbot, db
from tests.conftest import ROOT, inside

SAID = {
    "hi": "greeting", "Hello there!": "greeting", "How are you today?": "greeting", "ok, thanks": "thanks",
    "Thank you very much.": "thanks", "bye": "farewell", "Hello, who are you?": "who", "are you a robot": "who",
    "Can I talk to a human, please?": "human", "Guten Tag!": "greeting", "Vielen Dank": "thanks",
    "Wer bist du?": "who", "J'ai": None, "S’il vous plaît, bonjour": "greeting", "¿Quién eres?": "who",
    "Grazie mille!": "thanks", "Olá, tudo bem?": "greeting", "Dank je wel": "thanks", "Dzień dobry": "greeting",
    "Teşekkürler!": "thanks", "من أنت؟": "who", "नमस्ते": "greeting", "你好，谢谢！": "thanks", "転人工": None,
    "转人工": "human", "ありがとうございます。": "thanks", "担当者と話したいです": "human",
    "hi, how long is the warranty?": None, "human resources": None, "thanks to whom was it built": None,
    "help with returns": None, "good morning america cast": None, "bye bye birdie actors": None, "": None, "😀": None,
    "hi " * 60: None,
}  # fmt: skip
QUESTIONS = ROOT.parent / "shared" / "data" / "qa-dev" / "questions.jsonl"


@pytest.mark.parametrize(("message", "kind"), SAID.items())
def test_small_talk_is_told_from_questions(message, kind):
    talk = recognize(message)
    assert (talk and talk.kind) == kind


def test_every_shipped_language_knows_every_kind():
    assert set(PHRASES) == set(REPLIES) == set(LANGUAGES)
    for code, kinds in PHRASES.items():
        assert set(kinds) == set(KINDS)
        for kind, phrases in kinds.items():
            for phrase in phrases:
                talk = recognize(phrase)
                assert talk is not None, (code, phrase)
                assert talk.kind == kind, (code, phrase, talk)


@pytest.mark.skipif(not QUESTIONS.exists(), reason="the question sets are not there")
def test_no_question_of_the_sets_is_taken_for_small_talk():
    rows = map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines())
    assert [row["question"] for row in rows if recognize(row["question"]) and row["answerable"]] == []


def test_the_chatbot_answers_in_its_own_words(bot):
    answer = bot.ask("hello")
    assert (answer.state, answer.text, answer.citations) == ("curated", "Hello! What can I help you with?", ())
    assert bot.ask("Danke!").text == "Gern geschehen."
    with bot.behaving(thanks="Always at your service.", contact="help@acme.example"):
        assert bot.ask("Danke!").text == "Always at your service."
        assert "help@acme.example" in bot.ask("Kann ich mit einem Menschen sprechen?").text


@pytest.mark.parametrize("said", ["hello", "Can I talk to a human, please?"])
def test_what_the_owner_has_answered_comes_before_small_talk(app, bot, said):
    with inside(app):
        pairs.add(db.session.get(Chatbot, bot.chatbot_id), [pairs.make_pair(said, "Ring the bell.")])
        db.session.commit()
    assert bot.ask(said).text == "Ring the bell."
    assert bot.ask("thanks").evidence == {"small_talk": "thanks"}
