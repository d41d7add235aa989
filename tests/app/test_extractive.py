"""The extractive reader: the documents' own sentences, readable, each with its number."""

from __future__ import annotations

from app.answering.extractive import MAX_WORDS, quote, read
from app.answering.passages import Passage
from indexes.sentences import split_sentences
from indexes.weighing import Sentence

RETURNS = (
    "Returns\n\nHow do I return goods?\n\nSend them back within a month. They must be unused.\n\n"
    "To return goods:\n\n1. Open the parcel's card.\n2. Stick the label on the parcel.\n3. Hand it in at any shop.\n\n"
    "Our shop is near the river."
)
DELIVERY = "Parcels arrive within\nthree days. Islands take a week."


def make_passage(chunk_id, text, *, n=1, score=1.0, document="terms.md", heading=""):
    return Passage(n, chunk_id, text, "Terms", document, heading, {}, None, score)


def make_sentences(passage, likeness):
    """Sentences of a passage; `likeness` gives a part of a sentence and how well it fits."""
    found = []
    for start, end in split_sentences(passage.text):
        text = passage.text[start:end]
        fit = next((value for part, value in likeness.items() if part in text), 0.1)
        found.append(Sentence(passage.chunk_id, start, text, fit, fit))
    return found


def read_one(text, likeness, **more):
    passage = make_passage(7, text, **more)
    return read([passage], make_sentences(passage, likeness))


def test_a_sentence_is_shown_with_its_number_and_quoted_word_for_word():
    reading = read_one(DELIVERY, {"Parcels": 0.9})
    assert reading.text == "Parcels arrive within three days. [1]"
    assert [passage_quote for _, passage_quote in reading.quotes] == ["Parcels arrive within\nthree days."]


def test_what_fits_much_less_than_the_best_is_left_out():
    assert "Islands" not in read_one(DELIVERY, {"Parcels": 0.9, "Islands": 0.2}).text
    assert "Islands" in read_one(DELIVERY, {"Parcels": 0.9, "Islands": 0.8}).text


def test_a_question_of_the_document_is_answered_by_what_follows_it():
    assert read_one(RETURNS, {"How do I return": 1.0}, heading="Returns").text == "Send them back within a month. [1]"


def test_a_heading_is_not_an_answer():
    assert read_one(RETURNS, {"Returns": 1.0}, heading="Shop > Returns").text == "Send them back within a month. [1]"


def test_a_step_brings_its_list_with_what_announces_it():
    reading = read_one(RETURNS, {"Stick the label": 1.0})
    assert reading.text.split("\n") == [
        "To return goods: [1]",
        "1. Open the parcel's card. [1]",
        "2. Stick the label on the parcel. [1]",
        "3. Hand it in at any shop. [1]",
    ]


def test_an_announcement_brings_its_list():
    assert read_one(RETURNS, {"To return goods:": 1.0}).text.count("\n") == 3


def test_a_list_that_is_too_long_gives_the_one_step():
    steps = "\n".join(f"{n}. Turn the wheel number {n} to the left until it clicks twice." for n in range(1, 20))
    reading = read_one(f"To open the door:\n\n{steps}", {"number 7 ": 1.0})
    assert reading.text == "7. Turn the wheel number 7 to the left until it clicks twice. [1]"


def test_sentences_stand_in_the_order_of_their_document_and_numbers_count_from_one():
    first = make_passage(3, "Goods may be returned within a month.", n=2, score=0.5)
    second = make_passage(8, "Returned goods must be unused.", n=1)
    sentences = make_sentences(second, {"unused": 0.9}) + make_sentences(first, {"month": 0.8})
    reading = read([second, first], sentences)
    assert reading.text == "Goods may be returned within a month. [1] Returned goods must be unused. [2]"
    assert [(passage.n, passage.chunk_id) for passage, _ in reading.quotes] == [(1, 3), (2, 8)]


def test_the_same_sentence_is_said_once():
    one, other = make_passage(3, "Goods must be unused."), make_passage(8, "Goods must be unused.", document="b.md")
    reading = read([one, other], make_sentences(one, {"unused": 1.0}) + make_sentences(other, {"unused": 1.0}))
    assert reading.text == "Goods must be unused. [1]"


def test_an_answer_keeps_to_its_length():
    text = " ".join(
        f"This is sentence number {n} about the very same matter, and it goes on for a while." for n in range(30)
    )
    assert len(read_one(text, {"sentence": 1.0}).text.split()) <= MAX_WORDS


def test_every_word_shown_is_in_the_passage():
    reading = read_one(RETURNS, {"unused": 0.9, "river": 0.8, "month": 0.8})
    shown = reading.text.replace(" [1]", "").replace("\n", " ")
    passage = " ".join(RETURNS.split())
    assert all(sentence.strip(" .") in passage for sentence in shown.split(". "))


def test_a_passage_without_a_sentence_is_quoted_from_its_beginning():
    assert read([make_passage(7, "Nine to five")], []).text == "Nine to five [1]"


def test_a_chat_models_answer_is_proved_by_the_sentence_that_it_repeats_most():
    passage = make_passage(7, DELIVERY)
    assert quote(passage, "An island waits a week.") == "Islands take a week."
    assert quote(passage, "Bananas!") == DELIVERY


def test_a_long_stretch_is_quoted_with_gaps():
    far = "Bring the card. " + "Nothing to see here, walk on. " * 20 + "Bring the parcel."
    ((_, shown),) = read_one(far, {"Bring": 1.0}).quotes
    assert shown == "Bring the card. … Bring the parcel."
