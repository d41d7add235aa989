"""Which questions can mean the same by their words, whatever their vectors say."""

import pytest

from indexes.cover import Cover
from indexes.same_question import LEAST, NEAR, is_same, plain_form

MET, UNMET = Cover(0.9, LEAST), Cover(0.9, LEAST - 0.01)


def never(one, other):
    raise AssertionError("the words are enough")


@pytest.mark.parametrize(("asked", "known"), [
    ("opening hours", "What are your opening hours?"),
    ("Which languages are supported?", "What languages do you support?"),
    ("I want to cancel my subscription", "How do I cancel my subscription?"),
])  # fmt: skip
def test_the_same_words_in_other_order_or_form_need_vectors_alone(asked, known):
    assert is_same(asked, known, NEAR, never)
    assert not is_same(asked, known, NEAR - 0.01, never)


@pytest.mark.parametrize(("asked", "known"), [
    ("What is the start date of summer term?", "When does the summer term start?"),
    ("What is the price of the premium plan?", "What does the premium plan cost?"),
])  # fmt: skip
def test_other_words_need_tokens_that_all_meet(asked, known):
    assert is_same(asked, known, NEAR, lambda one, other: MET)
    assert not is_same(asked, known, 0.99, lambda one, other: UNMET)
    assert not is_same(asked, known, 0.99, lambda one, other: None), "a model that can't tell"


@pytest.mark.parametrize(("asked", "known"), [
    ("When does the summer term end?", "When does the summer term start?"),
    ("How many seats has the gold plan?", "How many seats has the silver plan?"),
    ("Can I not get a refund?", "Can I get a refund?"),
    ("Can't I get a refund?", "Can I get a refund?"),
    ("Refund after 30 days?", "Refund after 90 days?"),
    ("Refund after 30 days?", "Refund?"),
    ("When do you open?", "Why do you open?"),
    ("Do you teach C++?", "Do you teach C#?"),
    ("Ist das nicht erlaubt?", "Ist das erlaubt?"),
])  # fmt: skip
def test_what_asks_for_something_else_is_not_the_same_however_near(asked, known):
    assert not is_same(asked, known, 0.99, never)


@pytest.mark.parametrize(("question", "plain"), [
    ("  What  is\nC++ ??", "what is c++"), ("¿Qué es?", "qué es"), ("“Refund”", "refund"), ("STRASSE", "strasse"),
    ("Straße?", "strasse"), ("🙂", ""), ("?!", ""), ("ﬁnd", "find"),
])  # fmt: skip
def test_case_space_and_marks_around_a_question_do_not_matter(question, plain):
    assert plain_form(question) == plain
