"""Which questions can mean the same by their words, whatever their vectors say."""

import pytest

from indexes.same_question import MORE_TERMS, SAME_TERMS, needed_cosine, plain_form


@pytest.mark.parametrize(("asked", "known", "needed"), [
    ("opening hours", "What are your opening hours?", SAME_TERMS),
    ("Which languages are supported?", "What languages do you support?", SAME_TERMS),
    ("I want to cancel my subscription", "How do I cancel my subscription?", SAME_TERMS),
    ("What is the start date of summer term?", "When does the summer term start?", MORE_TERMS),
    ("When does the summer term end?", "When does the summer term start?", None),
    ("How many seats has the gold plan?", "How many seats has the silver plan?", None),
    ("Can I not get a refund?", "Can I get a refund?", None),
    ("Can't I get a refund?", "Can I get a refund?", None),
    ("Refund after 30 days?", "Refund after 90 days?", None),
    ("Refund after 30 days?", "Refund?", None),
    ("When do you open?", "Why do you open?", None),
    ("Do you teach C++?", "Do you teach C#?", None),
    ("Ist das nicht erlaubt?", "Ist das erlaubt?", None),
    ("返金できますか", "返金はいつですか", None),
])  # fmt: skip
def test_words_decide_how_near_is_near_enough(asked, known, needed):
    assert needed_cosine(asked, known) == needed


@pytest.mark.parametrize(("question", "plain"), [
    ("  What  is\nC++ ??", "what is c++"), ("¿Qué es?", "qué es"), ("“Refund”", "refund"), ("STRASSE", "strasse"),
    ("Straße?", "strasse"), ("🙂", ""), ("?!", ""), ("ﬁnd", "find"),
])  # fmt: skip
def test_case_space_and_marks_around_a_question_do_not_matter(question, plain):
    assert plain_form(question) == plain
