"""What a form may ask, and what each kind of field takes."""

from __future__ import annotations

import pytest

from app.leads.designs import KINDS, DesignRefused, Question, questions_of, read_answers, read_questions
from app.leads.presets import PRESETS, preset_of
from app.looks import languages
from models.chatbots import CHATBOT_TYPES

GOOD = {
    "text": "x" * 200, "long": "a\nb", "email": "uma@mail.example.com", "phone": "+49 (30) 123-456", "number": "-3,5",
    "date": "2028-02-29", "time": "23:59", "choice": "Hall", "rating": "5", "consent": "yes",
}  # fmt: skip
BAD = {
    "text": ["x" * 201], "long": ["x" * 4001], "email": ["uma", "uma@example", "a b@x.example", "a@x.example,b@x.example", "a@x.example\nBcc: b@x.example",
        "jürgen@x.example", "a@" + "ü" * 80 + ".example", "a@..example"],
    "phone": ["12", "call me"], "number": ["1e5", "NaN", "٣x", ""], "date": ["2027-02-29", "tomorrow"], "time": ["24:00", "9:5"],
    "choice": ["Cellar"], "rating": ["0", "6", "5.0"], "consent": ["no", "on"],
}  # fmt: skip


def ask(kind, required=True):
    return Question("q", kind, "A question", required, ("Hall", "Garden") if kind == "choice" else ())


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_takes_what_it_is_for(kind):
    answers, wrong = read_answers([ask(kind)], {"q": f" {GOOD[kind]} ", "other": "x"})
    assert not wrong
    assert answers == [{"name": "q", "label": "A question", "kind": kind, "value": GOOD[kind]}]
    assert read_answers([ask(kind, required=False)], {})[0][0]["value"] == ""


@pytest.mark.parametrize(("kind", "said"), [(kind, said) for kind, texts in BAD.items() for said in texts])
def test_and_nothing_else_with_a_word_for_what_is_wrong(kind, said):
    _, wrong = read_answers([ask(kind)], {"q": said})
    assert wrong["q"] in languages.strings("en")


@pytest.mark.parametrize("kind", ["text", "long", "email"])
def test_half_a_character_and_a_null_are_left_out(kind):
    answers, _ = read_answers([ask(kind)], {"q": "\ud83du\0ma@mail.example.com\ud800"})
    assert answers[0]["value"] == "uma@mail.example.com"


@pytest.mark.parametrize("said", [None, 7, True, ["x"], {"a": 1}])
def test_what_is_no_text_is_nothing(said):
    assert read_answers([ask("text")], {"q": said})[1] == {"q": "wrong_required"}


@pytest.mark.parametrize("chatbot_type", CHATBOT_TYPES)
def test_every_type_brings_a_form_that_can_be_kept(chatbot_type):
    preset = preset_of(chatbot_type)
    rows = [
        {
            **q.to_json(),
            "choices": ", ".join(map(str, q.choices)),
            "required": "1" if q.required else "",
            "position": str(n),
        }
        for n, q in enumerate(preset.questions)
    ]
    assert read_questions(rows) == list(preset.questions)
    assert questions_of([q.to_json() for q in preset.questions]) == list(preset.questions)


def test_the_types_that_sell_something_ask_for_what_they_need():
    kinds = {name: [q.kind for q in preset.questions] for name, preset in PRESETS.items()}
    assert kinds["booking"][:3] == ["date", "time", "number"]
    assert kinds["feedback"] == ["rating", "long"]
    assert kinds["e-commerce"] == ["text", "email", "long"]


@pytest.mark.parametrize(
    "rows",
    [[], [{"label": " ", "kind": "text"}], [{"label": "x", "kind": "file"}], [{"label": "x" * 121, "kind": "text"}],
     [{"label": "x", "kind": "choice", "choices": "one"}], [{"label": "x", "kind": "text"}] * 13,
     [{"label": "x", "kind": "text", "name": "a"}, {"label": "y", "kind": "text", "name": "a"}]],
)  # fmt: skip
def test_a_design_that_can_not_be_asked_is_refused_in_a_sentence(rows):
    with pytest.raises(DesignRefused, match=r"\.$"):
        read_questions(rows)


def test_fields_stand_in_the_order_of_their_numbers_without_those_that_are_gone():
    rows = [
        {"label": "Last", "kind": "text", "position": "9"}, {"label": "Gone", "kind": "text", "position": "1", "gone": "1"},
        {"label": "First", "kind": "long", "position": "2", "name": "kept"},
    ]  # fmt: skip
    first, last = read_questions(rows)
    assert (first.label, first.name, last.label) == ("First", "kept", "Last")


def test_what_is_stored_and_damaged_is_passed_over():
    assert questions_of("x") == questions_of(["x", {"kind": "gone", "name": "a", "label": "b"}]) == []
