"""Questions that lean on what was said before, and those that do not."""

from __future__ import annotations

import json
import uuid

import pytest
from sqlalchemy import select

from app.answering.followups import Turn, leans_back, make_standalone
from models import Message, db
from tests.conftest import ROOT, inside
from tests.widget.conftest import make_place, visitor

# what was asked before, what is asked now, a word that must be carried over
LEANING = [
    ("How long does the warranty on electric tools last?", "Does it cover batteries?", "warranty"),
    ("How much does delivery cost?", "And to islands?", "delivery"),
    ("What is the refund deadline?", "Why?", "refund"),
    ("Which insurance do you offer?", "What about students?", "insurance"),
    ("How do I register a trailer?", "How much does it cost?", "trailer"),
    ("Wie lange gilt die Garantie?", "Und für Batterien?", "Garantie"),
    ("Was kostet der Versand?", "Wie lange dauert er?", "Versand"),
    ("Quelle est la durée de la garantie ?", "Et pour les batteries ?", "garantie"),
    ("¿Cuánto cuesta el envío?", "¿Y a las islas?", "envío"),
    ("Quanto costa la spedizione?", "E per le isole?", "spedizione"),
    ("Quanto custa a entrega?", "E para as ilhas?", "entrega"),
    ("Hoe lang duurt de levering?", "En naar eilanden?", "levering"),
    ("Ile kosztuje dostawa?", "A na wyspy?", "dostawa"),
    ("Teslimat ne kadar sürer?", "Peki adalara?", "Teslimat"),
    ("كم تكلفة التوصيل؟", "وماذا عن الجزر؟", "التوصيل"),
    ("डिलीवरी की लागत कितनी है?", "और द्वीपों के लिए?", "डिलीवरी"),
    ("送货要多少钱？", "那岛屿呢？", "送货"),
    ("配送料はいくらですか？", "それはいつ届きますか？", "配送料"),
]
STANDING = [
    "How long may unused goods be returned?", "refund deadline", "opening hours sunday", "Who won the world cup in 1954?",
    "Wie lange gilt die Garantie auf Werkzeuge?", "Combien coûte la livraison sur les îles ?", "送货到岛屿要多少钱？",
    "When did Beyonce release her first solo album and what was it called?", "Does the warranty cover batteries?",
]  # fmt: skip
QUESTIONS = ROOT.parent / "shared" / "data" / "qa-dev" / "questions.jsonl"


@pytest.mark.parametrize(("before", "now", "carried"), LEANING)
def test_a_question_that_leans_on_another_carries_its_subject(before, now, carried):
    standalone = make_standalone(now, [Turn("Where is the shop?"), Turn(before)])
    assert standalone.startswith(now)
    assert carried in standalone.removeprefix(now)


@pytest.mark.parametrize("question", STANDING)
def test_a_question_that_stands_alone_stays_as_it_is(question):
    assert make_standalone(question, [Turn("How do I train a dog?")]) == question


def test_what_a_dialogue_is_about_is_carried_on_from_follow_up_to_follow_up():
    first = Turn("How long does the warranty on electric tools last?")
    second = Turn(make_standalone("And on batteries?", [first]))
    assert "warranty" in make_standalone("Why?", [first, second])


@pytest.mark.skipif(not QUESTIONS.exists(), reason="the question sets are not there")
def test_of_questions_that_stand_alone_next_to_none_is_taken_for_a_follow_up():
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    asked = [row["question"] for row in rows if row["subset"] in ("squad", "clapnq")]
    assert sum(map(leans_back, asked)) / len(asked) < 0.005


def test_a_follow_up_is_answered_and_the_same_question_alone_is_not(bot):
    alone = bot.ask("Does it cover batteries?")
    answer = bot.ask("How long is it?", "What about the warranty on electric tools?")
    assert (answer.state, "two years" in answer.text) == ("grounded", True)
    assert answer.standalone == "How long is it? (warranty electric tools)"
    assert alone.standalone == ""


def test_what_a_visitor_meant_is_stored_beside_their_own_words(app, ada, bot):
    place, client = make_place(app, ada), visitor(app)
    opened = client.post(f"/api/widget/v1/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin})
    headers = {"Origin": place.origin, "Authorization": f"Bearer {opened.json['token']}"}
    for text in ("How much does delivery cost?", "And to islands?"):
        body = {"text": text, "idempotency_key": uuid.uuid4().hex}
        client.post("/api/widget/v1/messages", json=body, headers=headers).get_data()
    with inside(app):
        asked = dict(
            db.session.execute(select(Message.message, Message.standalone).where(Message.type == "client")).all()
        )
    assert asked["And to islands?"] == "And to islands? (delivery cost)"
    assert asked["How much does delivery cost?"] is None
